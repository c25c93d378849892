//! A headquarters to load: stores, families, programmes, tills.

use std::fmt::Write as _;

use chrono::NaiveDate;
use domain::basket::{Basket, BasketLine, Beneficiary, SaleUnit};
use domain::json::{Node, Unknown};
use domain::money::Money;
use domain::pricing::price;
use domain::programme::read_programmes;
use domain::quantity::Quantity;
use domain::time::business_date;
use hq::params;
use hq::service::{Hq, catalogue, now, roster};
use hq::store::people;
use serde_json::{Value, json};
use sync::jws::Jwk;
use tests::{Lab, Server, cluster, id_number};

use super::Sizes;
use super::till::Till;

/// Where headquarters' database is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Sqlite,
    Postgres,
}

impl Kind {
    pub const ALL: [Self; 2] = [Self::Sqlite, Self::Postgres];

    pub fn word(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }
}

/// Household and person.
pub type Family = (String, String);

/// Goods of each basket, each with a programme of its own.
const GOODS: [(&str, &str, i128); 3] = [
    ("6900000000014", "food/grain/rice", 4_140),
    ("6900000000298", "food/grain/flour", 2_270),
    ("6900000000991", "food/egg", 1_500),
];

/// A headquarters that serves nobody yet.
pub struct Place {
    pub lab: Lab,
    pub kind: Kind,
    pub hq_key: Jwk,
    /// Families of each store's district.
    pub families: Vec<Vec<Family>>,
    /// What each claim states of its goods.
    pub stated: Value,
    /// What each hold asks for.
    pub lines: Vec<Value>,
    /// What each claim asks for.
    pub claimed: Money,
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(address) = &self.lab.database {
            cluster::drop_durable(address);
        }
    }
}

fn store(n: usize) -> String {
    format!("S{:03}", n + 1)
}

fn district(n: usize) -> String {
    format!("3708{:02}", n + 1)
}

impl Place {
    /// Stores, families and programmes.
    pub fn open(kind: Kind, sizes: &Sizes) -> Self {
        let lab = Lab::on((kind == Kind::Postgres).then(cluster::durable));
        std::fs::create_dir_all(lab.hq_dir()).unwrap();
        let hq = inside(&lab);
        for n in 0..sizes.stores {
            assert!(roster::add_store(&hq, &store(n), &store(n), &district(n), vec![district(n)]).unwrap());
        }
        let programmes = programmes();
        catalogue::import_programmes(&hq, programmes.to_string().as_bytes(), false).unwrap().unwrap();
        let goods = std::fs::read(tests::data().join("products.csv")).unwrap();
        catalogue::import_products(&hq, &goods, false).unwrap().unwrap();
        import_families(&hq, sizes);
        let families = (0..sizes.stores).map(|n| families(&hq, &district(n))).collect();
        let version: i64 = hq.db().conn.value("SELECT max(version) FROM roster_versions", params![]).unwrap();
        let (lines, mut stated) = stated(&programmes, business_date(now()));
        stated["roster_version"] = version.into();
        let claimed = Money::parse(stated["totals"]["subsidy"].as_str().unwrap()).unwrap();
        assert!(claimed > Money::ZERO, "the programmes give something");
        let hq_key = hq.keys.signing.jwk();
        Self { lab, kind, hq_key, families, stated, lines, claimed }
    }

    /// Tills of the stores in turn.
    pub fn tills(&self, count: usize) -> Vec<Till> {
        let hq = inside(&self.lab);
        let stores = self.families.len();
        let one = |n: usize| Till::enrol(&hq, &store(n % stores), &format!("{:02}", n / stores + 1), n % stores);
        (0..count).map(one).collect()
    }

    /// The `n`th family of a store's district, over and over.
    pub fn family(&self, store: usize, n: usize) -> &Family {
        let all = &self.families[store];
        &all[n % all.len()]
    }

    /// The program serves.
    pub fn serve(&self) -> Server {
        self.lab.serve()
    }
}

/// Headquarters in this process, while the program does not serve.
fn inside(lab: &Lab) -> Hq {
    Hq::open(lab.place(), &lab.hq_dir().join("keys.json")).unwrap()
}

fn import_families(hq: &Hq, sizes: &Sizes) {
    let mut rows =
        "id_number,name,household,relation,household_size,category,district,home_store,status,valid_from\n".to_owned();
    let all = sizes.stores * sizes.families + sizes.more_families;
    let db = hq.db();
    let tx = db.begin().unwrap();
    for n in 0..all {
        let at = if n < sizes.stores * sizes.families { n % sizes.stores } else { 0 };
        let (number, home, district) = (id_number(n), store(at), district(at));
        // Stretching each number is not what is looked at here.
        people::put_stretched(&tx, &hq.keys, &hq.keys.mac("credential", &number), &sync::random()).unwrap();
        writeln!(rows, "{number},示例,L{n},head,3,urban_dibao,{district},{home},active,2026-01-01").unwrap();
    }
    tx.commit().unwrap();
    drop(db);
    roster::import(hq, rows.as_bytes(), false, &mut |_, _| {}).unwrap().unwrap();
}

fn families(hq: &Hq, district: &str) -> Vec<Family> {
    let sql = "SELECT household, person FROM members WHERE to_version IS NULL AND district = ?1 ORDER BY id";
    hq.db().conn.all(sql, params![district], |row| Ok((row.get(0)?, row.get(1)?))).unwrap()
}

/// One for each of the goods, and as many that do not fit, all with limits that no load reaches.
fn programmes() -> Value {
    let plenty = "9000000.00";
    let one = |(n, include): (usize, String)| {
        json!({
            "code": format!("LOAD{n}"), "version": 1, "name": {"zh": format!("压测项目{n}"), "en": format!("Load {n}")},
            "fund": "DEMO", "valid_from": "2020-01-01", "valid_to": "2099-12-31",
            "categories": ["urban_dibao", "rural_dibao"], "scope": {"include": [include]},
            "benefit": {"amount_off": "1.00", "unit": "piece"}, "subsidy_share": "100", "priority": 10 + n,
            "offline": {"home": plenty, "other": plenty},
            "limits": [{"id": "m", "per": "month", "discount": plenty}, {"id": "d", "per": "day", "discount": plenty}],
        })
    };
    let fitting = GOODS.iter().map(|(code, _, _)| format!("barcode:{code}"));
    let others = (1..=3).map(|n| format!("group:other/{n}"));
    json!({ "programmes": fitting.chain(others).enumerate().map(one).collect::<Vec<_>>() })
}

/// The lines of a basket, and what a claim states of them.
fn stated(programmes: &Value, date: NaiveDate) -> (Vec<Value>, Value) {
    let programmes = read_programmes(&Node::root("programmes", programmes, Unknown::Refuse)).unwrap();
    let line = |(n, (code, group, fen)): (u32, &(&str, &str, i128))| BasketLine {
        line: n,
        product: domain::barcode::ProductKey::barcode(code).unwrap(),
        group: (*group).into(),
        unit: SaleUnit::Piece,
        content_kg: None,
        unit_price: Money::from_fen(*fen),
        quantity: Quantity::ONE,
        amount: None,
        promotion: Money::ZERO,
        lowest_price_7d: None,
    };
    let basket = Basket {
        store: store(0),
        business_date: date,
        online: true,
        beneficiary: Some(Beneficiary {
            household: "H".into(),
            category: "urban_dibao".into(),
            district: district(0),
            size: 3,
            home_store: None,
            tags: Vec::new(),
        }),
        used: domain::usage::Used::default(),
        decline: Vec::new(),
        purses: std::collections::BTreeMap::new(),
        lines: (1..).zip(&GOODS).map(line).collect(),
    };
    let answer = serde_json::to_value(price(&programmes, &basket)).unwrap();
    let lines: Vec<Value> = basket.lines.iter().map(|line| line.to_json().into()).collect();
    let together = |(line, own): (&Value, &Value)| {
        let mut both = line.clone();
        for (name, value) in own.as_object().unwrap() {
            both[name] = value.clone();
        }
        both["name"] = "东北大米 5kg".into();
        both["entry"] = "scan".into();
        both
    };
    let sold: Vec<Value> = lines.iter().zip(answer["lines"].as_array().unwrap()).map(together).collect();
    let stated = json!({
        "lines": sold, "programmes": answer["programmes"], "totals": answer["totals"], "used": {}, "online": true,
        "decline": [], "purses": {}, "verified_by": "id_card",
    });
    (lines, stated)
}
