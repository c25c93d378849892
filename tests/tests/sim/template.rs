//! What every seed begins with: headquarters and its tills before their first day, made once and copied.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context as _, Result};
use domain::money::Money;
use domain::product::{COLUMNS, read_products};
use domain::role::StaffRole;
use hq::service::access::Role;
use hq::service::{Hq, catalogue, enrol, funds, register, roster};
use hq::store::funds::Share;
use hq::store::place::Database;
use hq::store::register::{Contract, Entry};
use pos::outbox::{StoreOutbox, open_epoch};
use pos::shop::Shop;
use sync::jws::Key;
use tests::{Household, households, roster_csv};

use crate::net::Router;
use crate::office::person;

/// Stores and the districts that they serve: families of others are looked up.
const STORES: [(&str, &str, &str); 3] =
    [("S001", "370811", "3708"), ("S002", "370812", "370812"), ("S003", "370826", "3708")];
/// 20 October 2026, 09:00 in Jining: ten days before the first month's end that a seed may see.
pub const MADE_AT_MS: i64 = 1_792_458_000_000;

/// Headquarters and enrolled tills in a folder.
pub struct Template {
    dir: tempfile::TempDir,
    address: Option<String>,
    /// Store and till of each folder.
    pub tills: Vec<(String, String)>,
    /// The families of the roster.
    pub families: Vec<Household>,
}

/// A folder in memory where there is one: no seed waits for a disk.
pub fn scratch() -> Result<tempfile::TempDir> {
    let shm = Path::new("/dev/shm");
    let builder = || -> tempfile::Builder<'_, '_> {
        let mut builder = tempfile::Builder::new();
        builder.prefix("jihui-sim-");
        builder
    };
    if shm.is_dir() {
        return Ok(builder().tempdir_in(shm)?);
    }
    Ok(builder().tempdir()?)
}

/// Both clocks show this.
pub fn stop_clocks(ms: i64) {
    hq::store::stop_clock(ms);
    Shop::stop_machine_clock(ms);
}

/// Digests by number and salt.
type Digests = BTreeMap<(String, Vec<u8>), [u8; 32]>;

/// A number's digest; each is made once, since it is slow on purpose.
pub fn stretched(input: &str, salt: &[u8]) -> Result<[u8; 32], String> {
    static KNOWN: Mutex<Digests> = Mutex::new(BTreeMap::new());
    let key = (input.to_owned(), salt.to_vec());
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(s) = known.get(&key) {
        return Ok(*s);
    }
    let s = sync::roster::stretch(input, salt)?;
    known.insert(key, s);
    Ok(s)
}

impl Template {
    /// `tills`: how many at each store.
    pub fn build(tills: [usize; 3], families: usize) -> Result<Self> {
        Self::build_with(tills, families, "programmes.json", false)
    }

    /// With other programmes, or on PostgreSQL: that cannot be copied.
    pub fn build_with(tills: [usize; 3], families: usize, programmes: &str, on_postgres: bool) -> Result<Self> {
        stop_clocks(MADE_AT_MS);
        let dir = scratch()?;
        let hq_dir = dir.path().join("hq");
        let address = on_postgres.then(tests::cluster::database);
        let place = match &address {
            Some(address) => Database::parse(address)?,
            None => hq_dir.clone().into(),
        };
        let names: Vec<(String, String)> = (STORES.iter().zip(tills))
            .flat_map(|((store, _, _), count)| (1..=count).map(move |n| ((*store).to_owned(), format!("{n:02}"))))
            .collect();
        let router = Router::open(&place, &hq_dir)?;
        for (store, district, serves) in STORES {
            roster::add_store(router.hq(), store, "模拟店", district, vec![serves.into()])?;
            contract(router.hq(), store)?;
        }
        money(router.hq())?;
        let programmes = std::fs::read(tests::root().join("tests/tests/sim").join(programmes))?;
        told(catalogue::import_programmes(router.hq(), &programmes, false))?;
        let products = std::fs::read(tests::data().join("products.csv"))?;
        told(catalogue::import_products(router.hq(), &products, false))?;
        told(roster::import(router.hq(), roster_csv(families).as_bytes(), false, &mut |_, _| {}))?;
        for (store, till) in &names {
            enrolled(&router, &till_dir(dir.path(), store, till), store, till)?;
        }
        drop(router);
        let families = households(families).into_iter().filter(Household::is_eligible).collect();
        Ok(Self { dir, address, tills: names, families })
    }

    /// Its folder.
    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// Headquarters' database, for whoever uses it without a copy.
    pub fn place(&self) -> Result<Database> {
        match &self.address {
            Some(address) => Database::parse(address),
            None => Ok(self.dir.path().join("hq").into()),
        }
    }

    /// A copy for one seed.
    pub fn copy(&self) -> Result<tempfile::TempDir> {
        let copy = scratch()?;
        copy_dir(&self.dir.path().join("hq"), &copy.path().join("hq"))?;
        for (store, till) in &self.tills {
            copy_dir(&till_dir(self.dir.path(), store, till), &till_dir(copy.path(), store, till))?;
        }
        Ok(copy)
    }
}

/// A till's folder.
pub fn till_dir(dir: &Path, store: &str, till: &str) -> PathBuf {
    dir.join(format!("{store}-{till}"))
}

/// Copies a folder of files, as it is on the disk now; what was there before goes.
pub fn copy_dir(from: &Path, to: &Path) -> Result<()> {
    if to.exists() {
        std::fs::remove_dir_all(to)?;
    }
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let path = entry?.path();
        // Other processes' memory of the database is no part of what is on the disk.
        let is_shared_memory = path.extension().is_some_and(|e| e == "db-shm");
        if path.is_file() && !is_shared_memory {
            std::fs::copy(&path, to.join(path.file_name().context("a file without a name")?))?;
        }
    }
    Ok(())
}

fn told<T, E: std::fmt::Display>(told: Result<Result<T, E>>) -> Result<T> {
    told?.map_err(|problem| anyhow::anyhow!("{problem}"))
}

fn contract(hq: &Hq, store: &str) -> Result<()> {
    let (accountant, approver) = (person("kuaiji", Role::Accountant), person("shenpi1", Role::Approver));
    let entry = Entry {
        legal_name: format!("模拟商店{store}"),
        credit_code: "9144030071526726XG".into(),
        taxpayer: "small_scale".into(),
    };
    let contract = Contract {
        from: "2026-01-01".into(),
        settlement: "month".into(),
        subsidy: "third_party_payment".into(),
        tax_rate_bp: 100,
    };
    told(register::put_entry(hq, &accountant, store, &entry))?;
    told(register::put_contract(hq, &accountant, store, &contract))?;
    let number = format!("62220000000000{}", &store[1..]);
    told(register::ask_account(hq, &accountant, store, &entry.legal_name, "模拟银行", &number))?;
    let asked =
        hq::store::register::account(&hq.db().conn, store, "asked")?.context("the account was just asked for")?;
    told(register::decide_account(hq, &approver, store, asked.id, true))?;
    Ok(())
}

fn money(hq: &Hq) -> Result<()> {
    let who = person("kuaiji", Role::Accountant);
    for (code, name) in [("CITY", "市慈善总会"), ("COUNTY", "区慈善总会")] {
        told(funds::put_payer(hq, &who, code, name, "模拟银行", "6200 0000 0000 0001"))?;
    }
    for (fund, shares) in [("CIXIN", vec![("CITY", 6_000), ("COUNTY", 4_000)]), ("JISHIJIU", vec![("CITY", 10_000)])] {
        told(funds::put_fund(hq, &who, fund, "模拟资金", "模拟"))?;
        let share = |(payer, basis_points): (&str, u32)| Share { payer: payer.into(), basis_points };
        told(funds::put_shares(hq, &who, fund, &shares.into_iter().map(share).collect::<Vec<_>>()))?;
    }
    Ok(())
}

/// A till that is enrolled, with goods, people and lists.
fn enrolled(router: &Router, dir: &Path, store: &str, till: &str) -> Result<()> {
    let code = enrol::make_code(router.hq(), "sim", store, till)?.context("a store that was just added")?;
    let key = Key::generate();
    let (enrolled, hq_key) = sync::engine::enrol(router, &key, &code, "sim")?;
    let mut shop = Shop::open(dir)?;
    pos::keyfile::write(dir, &key)?;
    for (name, value) in [
        ("hq_url", "http://127.0.0.1"),
        ("hq", &enrolled.hq),
        ("hq_key", &serde_json::to_string(&hq_key)?),
        ("store", &enrolled.store),
        ("till", &enrolled.till),
        ("roster_salt", &enrolled.roster_salt),
        ("roster_key", &enrolled.roster_key),
    ] {
        shop.store.set_setting(name, value)?;
    }
    shop.reload()?;
    open_epoch(&mut shop, &enrolled.epoch, None).map_err(anyhow::Error::msg)?;
    let bytes = std::fs::read(tests::data().join("products.csv"))?;
    let table = sheets::read(&bytes, &sheets::Reading::new(&COLUMNS))?;
    shop.store.put_products(&read_products(&table, true).map_err(anyhow::Error::msg)?)?;
    // Nobody's PIN is checked here: the simulator stands below it.
    let pin_hash = sync::password::hash("1234").map_err(anyhow::Error::msg)?;
    shop.store.put_staff("m1", StaffRole::Manager, &pin_hash)?;
    shop.store.set_setting("waive_up_to", &Money::from_fen(99).to_string())?;
    sync::engine::round(&mut StoreOutbox::new(&mut shop), router)?;
    Ok(())
}
