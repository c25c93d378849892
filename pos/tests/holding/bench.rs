//! An enrolled till with one programme, and what people do at it.

use std::time::{Duration, Instant};

use chrono::NaiveDate;
use domain::barcode::ProductKey;
use domain::basket::SaleUnit;
use domain::household::{RosterEntry, Status};
use domain::money::Money;
use domain::product::Product;
use domain::role::StaffRole;
use domain::sale::{Entry, VerifiedBy};
use domain::tender::TenderKind;
use domain::till::{Event, Finished, Found, Looked, OpenSale, Reply, Staff};
use pos::effects::Driver;
use pos::keyfile;
use pos::outbox::{open_epoch, payload_of};
use pos::shop::Shop;
use serde_json::{Value, json};
use store::ListUpdate;
use sync::jws::Key;
use tempfile::TempDir;

pub const EPOCH: &str = "1-TEST";

/// Half off food, 50.00 a month, 10.00 offline.
pub fn programme() -> Value {
    json!({
        "code": "HALF", "version": 1, "name": {"zh": "半价", "en": "Half"}, "fund": "F", "valid_from": "2020-01-01",
        "valid_to": "2099-12-31", "categories": ["urban_dibao"], "scope": {"include": ["group:food"]},
        "benefit": {"percent_off": "50"}, "subsidy_share": "100", "priority": 1,
        "limits": [{"id": "m", "per": "month", "discount": "50.00"}],
        "offline": {"home": "10.00", "other": "10.00"},
    })
}

/// A folder of a till that is enrolled at headquarters of this key and address.
pub fn folder(url: &str, hq_key: &Key) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    let mut shop = Shop::open(dir.path()).unwrap();
    keyfile::write(dir.path(), &Key::generate()).unwrap();
    let hq_key = serde_json::to_string(&hq_key.jwk()).unwrap();
    for (name, value) in [("hq_url", url), ("hq", "HQ1"), ("hq_key", &hq_key), ("store", "S1"), ("till", "01")] {
        shop.store.set_setting(name, value).unwrap();
    }
    shop.reload().unwrap();
    open_epoch(&mut shop, EPOCH, None).unwrap();
    let half = vec![("HALF".to_owned(), 1, Some(programme().to_string()))];
    shop.store.apply_list(&ListUpdate::Programmes(half), 1, true, 0, 0).unwrap();
    dir
}

pub fn entry(household: &str) -> RosterEntry {
    RosterEntry {
        household: household.into(),
        person: "P1".into(),
        size: 1,
        category: "urban_dibao".into(),
        district: "370811".into(),
        tags: Vec::new(),
        home_store: None,
        name: "王*".into(),
        status: Status::Active,
        valid_from: NaiveDate::default(),
        valid_to: None,
        proxy: false,
    }
}

/// Somebody's code and PIN were right.
pub fn signed_in() -> Event {
    Event::PinChecked(Ok(Staff { code: "c1".into(), role: StaffRole::Cashier }))
}

/// Rice for so much is put into the basket.
pub fn rice(price: &str) -> Event {
    let product = Product {
        key: ProductKey::Plu("1".into()),
        name: "大米".into(),
        spec: String::new(),
        unit_name: "袋".into(),
        unit: SaleUnit::Piece,
        content_kg: None,
        group: "food/rice".into(),
        price: Some(Money::parse(price).unwrap()),
        tax_rate: String::new(),
    };
    Event::ProductFound { code: "1".into(), entry: Entry::Plu, quantity: None, found: Ok(Found::from(product)) }
}

/// A card was shown; by the balances nothing was used.
pub fn card(household: &str) -> Event {
    let found =
        Looked { entries: vec![(entry(household), Default::default())], roster_version: 1, heard: None, online: true };
    Event::Looked { found: Ok(found), by: VerifiedBy::Card, household: None }
}

pub fn cash() -> Event {
    Event::Pay { kind: TenderKind::Cash, amount: None, reference: None, seen: None }
}

/// A till that sells.
pub fn open(dir: &TempDir) -> Driver {
    let mut driver = Driver::start(Shop::open(dir.path()).unwrap()).unwrap();
    driver.handle(signed_in());
    assert!(matches!(driver.handle(Event::OpenShift { float: "0".into() }), Reply::Done));
    driver
}

pub fn sale(driver: &Driver) -> &OpenSale {
    driver.till.screen.open().unwrap()
}

/// Waits until the basket is held.
pub fn held(driver: &mut Driver) -> String {
    let until = Instant::now() + Duration::from_secs(20);
    while sale(driver).held.is_none() {
        assert!(Instant::now() < until, "nothing is held");
        std::thread::sleep(Duration::from_millis(2));
        driver.tend();
    }
    sale(driver).held.as_ref().unwrap().id.to_string()
}

/// Pays; the sale, and the payload of its claim.
pub fn pay(driver: &mut Driver) -> (Finished, Value) {
    let Reply::Sale(finished) = driver.handle(cash()) else { panic!("the sale is not paid") };
    let claim = driver.shop.store.record_of(&finished.claims[0]).unwrap().unwrap();
    let payload = payload_of(&claim).unwrap();
    (finished, payload)
}
