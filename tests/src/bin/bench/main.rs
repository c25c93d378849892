//! The table of benchmarks, each beside a bare equivalent in the same run.
#![expect(clippy::unwrap_used, reason = "a benchmark that does not stand says so")]

mod burden;
mod process;
mod roster;
mod window;

use std::io::Write as _;
use std::time::{Duration, Instant};

use chrono::DateTime;
use domain::basket::{Basket, BasketLine, SaleUnit};
use domain::json::{Node, Unknown};
use domain::money::Money;
use domain::pricing::price;
use domain::product::{COLUMNS, Product, read_products};
use domain::programme::{Programme, read_programmes};
use domain::quantity::Quantity;
use domain::record::{Head, RecordKind};
use domain::sale::{Draft, Entry, SaleLine};
use domain::tender::{Tender, TenderKind};
use rusqlite::{Connection, params};
use store::{NewRecord, Sealed, Store};
use tests::window::{self as till_window, PRODUCTS, code, put_products};

const COMMITS: usize = 300;
const LOOKUPS: usize = 20_000;
const BASKETS: u32 = 5_000;

fn main() {
    if std::env::args().any(|arg| arg == process::EMPTY) {
        return process::empty_window();
    }
    let file = std::fs::read(tests::data().join("products.csv")).unwrap();
    let products = read_products(&sheets::read(&file, &sheets::Reading::new(&COLUMNS)).unwrap(), true).unwrap();
    let text = std::fs::read(tests::data().join("programmes.json")).unwrap();
    let value = serde_json::from_slice(&text).unwrap();
    let programmes = read_programmes(&Node::root("programmes", &value, Unknown::Refuse)).unwrap();
    let (ours, bare) = commits(&products, &programmes);
    row("sale commit, p50", ours, bare);
    let (ours, bare) = lookups();
    row("lookup among 100,000 products, mean", ours, bare);
    searches();
    let start = Instant::now();
    let basket = basket(&products);
    for _ in 0..BASKETS {
        std::hint::black_box(price(&programmes, &basket));
    }
    let each = start.elapsed() / BASKETS;
    let per_second = Duration::from_secs(1).as_nanos() / each.as_nanos().max(1);
    say(&format!("| baskets of 10 lines priced a second | {per_second} | - | - |"));
    roster::rows();
    let till = till_window::till();
    window::rows(&till);
    process::rows(&till);
    burden::rows(&till);
}

fn say(line: &str) {
    writeln!(std::io::stdout(), "{line}").unwrap();
}

fn row(name: &str, ours: Duration, bare: Duration) {
    let hundredths = ours.as_nanos() * 100 / bare.as_nanos().max(1);
    say(&format!("| {name} | {ours:?} | {bare:?} | {}.{:02} |", hundredths / 100, hundredths % 100));
}

fn basket(products: &[Product]) -> Basket {
    let line = |(n, p): (u32, &Product)| BasketLine {
        line: n,
        product: p.key.clone(),
        group: p.group.clone(),
        unit: SaleUnit::Piece,
        content_kg: p.content_kg,
        unit_price: p.price.unwrap(),
        quantity: Quantity::ONE,
        amount: None,
        promotion: Money::ZERO,
        lowest_price_7d: None,
    };
    Basket {
        store: "S001".into(),
        business_date: domain::time::parse_date("2026-11-24").unwrap(),
        online: true,
        beneficiary: Some(domain::basket::Beneficiary {
            household: "H1".into(),
            category: "urban_dibao".into(),
            district: "370811".into(),
            size: 3,
            home_store: Some("S001".into()),
            tags: Vec::new(),
        }),
        used: domain::usage::Used::default(),
        decline: Vec::new(),
        purses: std::collections::BTreeMap::new(),
        lines: (1..=10).zip(products.iter().step_by(11)).map(line).collect(),
    }
}

fn draft(products: &[Product], programmes: &[Programme], shift: i64) -> Draft {
    let basket = basket(products);
    let priced = price(programmes, &basket);
    let at = DateTime::from_timestamp_millis(1_790_000_000_000).unwrap();
    let lines = basket.lines.iter().zip(products.iter().step_by(11));
    let lines = lines
        .map(|(b, p)| SaleLine { basket: b.clone(), product: p.clone(), at, entry: Entry::Scan, changed: None })
        .collect();
    let due = priced.totals.due;
    Draft {
        id: uuid::Uuid::nil(),
        cashier: "c1".into(),
        shift,
        started_at: at,
        at,
        business_date: basket.business_date,
        basket,
        priced,
        lines,
        verified: None,
        hold: None,
        tenders: vec![Tender { kind: TenderKind::Cash, amount: due, reference: None }],
        change: Money::ZERO,
        rounding: Money::ZERO,
        waived: Money::ZERO,
        slip: None,
        host_receipt: None,
    }
}

fn record(head: &Head, id: &str) -> NewRecord {
    NewRecord {
        uuid: id.into(),
        kind: RecordKind::Claim,
        seq: head.seq + 1,
        hash: format!("hash of {}", head.seq + 1),
        jws: "x".repeat(6000),
        at_ms: 0,
        claimed: Money::from_fen(100),
        holder: None,
        movements: Vec::new(),
    }
}

fn commits(products: &[Product], programmes: &[Programme]) -> (Duration, Duration) {
    let dir = tempfile::tempdir().unwrap();
    let mut store = Store::open(dir.path()).unwrap();
    store.open_epoch("1-BENC", "kid", "prev", 0, |_| Ok(None)).unwrap();
    let shift = store.open_shift("c1", Money::ZERO, 0, &mut |head| Ok(record(head, "open"))).unwrap();
    let mut draft = draft(products, programmes, shift.id);
    let bare = Connection::open(dir.path().join("bare.db")).unwrap();
    bare.pragma_update(None, "journal_mode", "WAL").unwrap();
    bare.pragma_update(None, "synchronous", "FULL").unwrap();
    bare.execute("CREATE TABLE sales (id INTEGER PRIMARY KEY, bytes BLOB)", []).unwrap();
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for n in 0..COMMITS {
        draft.id = uuid::Uuid::from_u128(u128::try_from(n).unwrap());
        let start = Instant::now();
        let seal = |head: &Head| {
            let record = Some(record(head, &draft.id.to_string()));
            Ok(Sealed {
                number: format!("N{n}"),
                record,
                receipt: "r".repeat(3000),
                paper: Some(vec![b'p'; 1500]),
                drawer: None,
            })
        };
        store.commit(&draft, seal).unwrap();
        ours.push(start.elapsed());
        let start = Instant::now();
        bare.prepare_cached("INSERT INTO sales (bytes) VALUES (?1)")
            .unwrap()
            .execute(params![vec![b'x'; 13_000]])
            .unwrap();
        theirs.push(start.elapsed());
    }
    ours.sort();
    theirs.sort();
    (ours[COMMITS / 2], theirs[COMMITS / 2])
}

/// Searches by initials, by name and by number, also for what is not there, as a person types them.
fn searches() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = Store::open(dir.path()).unwrap();
    put_products(&mut store);
    let mut times = Vec::new();
    for n in 0..200 {
        for text in [format!("dbdm{n}"), format!("大米{n}"), format!("没有{n}"), "d".into(), format!("6{n}")] {
            let start = Instant::now();
            std::hint::black_box(store.search(&text).unwrap());
            times.push(start.elapsed());
        }
    }
    times.sort();
    row("search among 100,000 products, p99, beside 30 ms", times[times.len() * 99 / 100], Duration::from_millis(30));
}

fn lookups() -> (Duration, Duration) {
    let dir = tempfile::tempdir().unwrap();
    let mut store = Store::open(dir.path()).unwrap();
    put_products(&mut store);
    let codes: Vec<String> = (0..LOOKUPS).map(|n| code(n * 7919 % PRODUCTS)).collect();
    let start = Instant::now();
    for code in &codes {
        assert!(store.find_product(code).unwrap().is_some());
    }
    let ours = start.elapsed();
    let bare = Connection::open(dir.path().join("till.db")).unwrap();
    let mut select = bare.prepare("SELECT name, price_fen FROM products WHERE code = ?1").unwrap();
    let start = Instant::now();
    for code in &codes {
        let found: (String, i64) =
            select.query_row([format!("barcode:0{code}")], |r| Ok((r.get(0)?, r.get(1)?))).unwrap();
        std::hint::black_box(found);
    }
    let count = u32::try_from(LOOKUPS).unwrap();
    (ours / count, start.elapsed() / count)
}
