//! What the tills of one store share, and goods that come back at another till than they were sold at.

use domain::barcode::ProductKey;
use domain::record::{RecordKind, ReversedLine, reversal_body};
use domain::returns::step;
use pos::outbox::StoreOutbox;
use pos::seal::{Statement, sign};
use pos::shop::{Shop, fresh_id};
use serde_json::{Value, json};
use store::{Shared, SharedKind};
use sync::engine::{self, Method, Request, Transport as _};
use sync::protocol::ForeignSale;
use tests::{Lab, Server, Till, id_number, lines};

const RICE: &str = "6900000000014";

/// Two tills of one store and one of another, which know each other's first products and staff.
fn three(lab: &Lab, server: &Server) -> [Till; 3] {
    let tills = ["S001/01", "S001/02", "S002/01"].map(|name| lab.till(server, name));
    for till in tills.iter().chain(&tills) {
        till.ok(&["sync"], "");
    }
    tills
}

fn shop(till: &Till) -> Shop {
    Shop::open(&till.dir).unwrap()
}

fn price(till: &Till) -> Option<String> {
    let product = shop(till).store.product(&ProductKey::barcode(RICE).unwrap()).unwrap();
    product.map(|p| p.price.unwrap().to_string())
}

fn set_price(lab: &Lab, till: &Till, price: &str) {
    let file = format!("barcode,name,group,price\n{RICE},东北大米,food/grain/rice,{price}\n");
    let path = lab.file("price.csv", file.as_bytes());
    till.ok(&["products", "import", &path], "");
}

fn signs_in(till: &Till, staff: &str, pin: &str) -> bool {
    till.drive().send(&json!({"do": "login", "staff": staff, "pin": pin})).unwrap()["ok"] == json!(true)
}

fn waiting(till: &Till) -> u64 {
    shop(till).store.shop_changes_waiting().unwrap()
}

/// Asks headquarters as a till does; status and body.
fn ask(till: &Till, post: bool, path: &str, body: &Value) -> (u16, Value) {
    let shop = shop(till);
    let id = shop.enrolled().unwrap();
    let token = sync::token::make(&id.key, &id.store, &id.till, shop.now().timestamp());
    let body = if post { body.to_string().into_bytes() } else { Vec::new() };
    let method = if post { Method::Post } else { Method::Get };
    let request = Request { method, path: path.into(), token: Some(token), content_type: "application/json", body };
    let answer = shop.http().unwrap().call(&request).unwrap();
    (answer.status, serde_json::from_slice(&answer.body).unwrap_or_default())
}

#[test]
fn what_is_entered_at_one_till_is_at_the_stores_others_and_nowhere_else() {
    let lab = Lab::with_households(1);
    let server = lab.serve();
    let [one, two, other] = three(&lab, &server);
    assert_eq!(waiting(&one) + waiting(&two) + waiting(&other), 0);
    set_price(&lab, &one, "39.90");
    one.ok(&["staff", "add", "c9", "--role", "cashier"], "4321\n");
    one.ok(&["set", "cash_rounding", "jiao_down"], "");
    let moved = lines(&one.ok(&["sync"], ""));
    assert_eq!(moved[0]["shared"], json!(3), "{moved:?}");
    for till in [&two, &other] {
        till.ok(&["sync"], "");
    }
    assert_eq!(price(&two).as_deref(), Some("39.90"));
    assert_eq!(price(&other).as_deref(), Some("41.40"));
    assert!(signs_in(&two, "c9", "4321") && !signs_in(&two, "c9", "1111"));
    assert!(!signs_in(&other, "c9", "4321"));
    assert_eq!(shop(&two).store.setting("cash_rounding").unwrap().as_deref(), Some("jiao_down"));
    assert_eq!(shop(&other).store.setting("cash_rounding").unwrap(), None);

    // Who left signs in nowhere; what is not sold any more is sold nowhere; a promotion is everywhere.
    let mut books = shop(&two);
    let now = books.now();
    let row = books.store.staff_rows().unwrap().into_iter().find(|s| s.code == "c9").unwrap();
    let gone = Shared::Staff { code: row.code, role: row.role, pin_hash: row.pin_hash, active: false };
    let document = json!({
        "code": "P1", "name": "立减", "valid_from": "2026-11-01", "valid_to": "2036-11-30",
        "scope": {"include": ["all"]}, "amount_off": "2.00",
    });
    let promotion = Shared::Promotion { code: "P1".into(), document: document.clone() };
    books.store.put_shared(&[gone, promotion], "m1", now).unwrap();
    books.store.delete_shared(SharedKind::Product, &format!("barcode:{RICE}"), "m1", now).unwrap();
    drop(books);
    two.ok(&["sync"], "");
    one.ok(&["sync"], "");
    assert!(!signs_in(&one, "c9", "4321"));
    assert_eq!(price(&one), None);
    assert_eq!(shop(&one).store.promotions().unwrap(), [document.to_string()]);
    other.ok(&["sync"], "");
    assert!(price(&other).is_some() && shop(&other).store.promotions().unwrap().is_empty());
    // Neither log nor audit holds a hash.
    let database = rusqlite::Connection::open(lab.hq_dir().join("hq.db")).unwrap();
    let rows = |condition: &str| -> i64 {
        database.query_row(&format!("SELECT count(*) FROM audit WHERE {condition}"), [], |row| row.get(0)).unwrap()
    };
    assert_eq!(rows("action = 'shop staff' AND who = 'S001/02' AND json_extract(detail, '$.key') = 'c9'"), 1);
    assert_eq!(rows("detail LIKE '%argon2%'"), 0);
}

#[test]
fn changes_without_a_line_wait_and_win_until_they_are_taken() {
    let lab = Lab::with_households(1);
    let mut server = lab.serve();
    let [one, two, _] = three(&lab, &server);
    let address = server.address();
    server.kill();
    set_price(&lab, &one, "35.00");
    set_price(&lab, &one, "36.00");
    assert_ne!(one.run(&["sync"], "").code, 0);
    assert_eq!(waiting(&one), 1, "the last change of a thing is what waits");
    let _server = lab.serve_on(&address);
    set_price(&lab, &two, "30.00");
    two.ok(&["sync"], "");
    one.ok(&["sync"], "");
    assert_eq!((price(&one).as_deref(), waiting(&one)), (Some("36.00"), 0));
    two.ok(&["sync"], "");
    assert_eq!(price(&two).as_deref(), Some("36.00"), "the last to arrive counts");
}

#[test]
fn a_whole_list_loses_nothing_that_only_this_till_has() {
    let lab = Lab::with_households(1);
    let server = lab.serve();
    let [one, two, _] = three(&lab, &server);
    let key = ProductKey::plu("98765").unwrap();
    {
        let mut books = shop(&two);
        let mut product = books.store.product(&ProductKey::barcode(RICE).unwrap()).unwrap().unwrap();
        product.key = key.clone();
        // As an older program wrote it: here alone.
        books.store.put_products(&[product]).unwrap();
        let now = books.now();
        books.store.delete_shared(SharedKind::Product, "plu:10001", "m1", now).unwrap();
        books.store.forget_lists(None).unwrap();
    }
    set_price(&lab, &two, "33.00");
    two.ok(&["sync"], "");
    assert_eq!(waiting(&two), 0, "what headquarters never heard of went up with the same connection");
    one.ok(&["sync"], "");
    assert_eq!(price(&one).as_deref(), Some("33.00"));
    assert!(shop(&one).store.product(&key).unwrap().is_some());
    // What is gone stays gone, also at a till that gets all of it anew.
    shop(&one).store.forget_lists(None).unwrap();
    one.ok(&["sync"], "");
    for till in [&one, &two] {
        assert!(shop(till).store.product(&ProductKey::plu("10001").unwrap()).unwrap().is_none());
        assert_eq!(waiting(till), 0);
    }
}

#[test]
fn headquarters_counts_each_change_once_and_takes_all_or_nothing() {
    let lab = Lab::with_households(1);
    let server = lab.serve();
    let [one, two, _] = three(&lab, &server);
    let change = |id: &str, key: &str, value: &str| {
        json!({
            "id": id, "kind": "setting", "key": key, "body": {"value": value},
            "at": "2026-11-24T09:00:00+08:00", "by": "m1",
        })
    };
    let (first, second) = ("01938f3e-0000-7000-8000-000000000001", "01938f3e-0000-7000-8000-000000000002");
    let post = |till: &Till, changes: &[Value]| ask(till, true, "/v1/shop", &json!({ "changes": changes }));
    let (status, answer) = post(&one, &[change(first, "phone", "0537-1")]);
    assert_eq!((status, &answer["taken"]), (200, &json!([first])));
    let again = post(&two, &[change(first, "phone", "0537-1")]);
    assert_eq!(again, (200, answer), "the same again moves nothing, whoever sends it");
    let (status, problem) = post(&one, &[change(second, "phone", "0537-2"), change(first, "phone", "0537-3")]);
    assert_eq!(status, 409, "{problem}");
    assert!(problem["type"].as_str().unwrap().ends_with("/conflict"));
    let (status, problem) = post(&one, &[change(second, "phone", "0537-2"), change(first, "hq_url", "x")]);
    assert_eq!(status, 422, "{problem}");
    assert!(problem["detail"].as_str().unwrap().contains(first), "{problem}");
    assert_eq!(post(&one, &vec![change(first, "phone", "1"); 501]).0, 413);
    two.ok(&["sync"], "");
    assert_eq!(shop(&two).store.setting("phone").unwrap().as_deref(), Some("0537-1"), "nothing of it was taken");

    // One that is refused holds nothing else up, and the till goes on.
    let mut books = shop(&one);
    let now = books.now();
    let wrong = Shared::Setting { name: "phone".into(), value: "1".repeat(100) };
    let right = Shared::Setting { name: "promotions_note".into(), value: "周三会员日".into() };
    books.store.put_shared(&[wrong, right], "m1", now).unwrap();
    drop(books);
    one.ok(&["sync"], "");
    assert_eq!(waiting(&one), 0);
    two.ok(&["sync"], "");
    assert_eq!(shop(&two).store.setting("promotions_note").unwrap().as_deref(), Some("周三会员日"));
    assert_eq!(shop(&two).store.setting("phone").unwrap().as_deref(), Some("0537-1"));
    // A till that was revoked changes nothing.
    lab.hq_ok(&["till", "revoke", "S001/02"]);
    assert_eq!(post(&two, &[change(second, "phone", "0537-9")]).0, 403);
    assert_eq!(ask(&two, false, "/v1/shop", &Value::Null).0, 403);
}

/// A sale of another till, as headquarters knows it.
fn look_up(till: &Till, number: &str) -> Option<ForeignSale> {
    let mut books = shop(till);
    let http = books.http().unwrap();
    engine::sale(&mut StoreOutbox::new(&mut books), &http, number).unwrap()
}

/// Takes so many of the first line back at a till, whatever headquarters will say; the reversal's id.
fn take_back(till: &Till, sale: &ForeignSale, quantity: &str) -> String {
    let mut books = shop(till);
    let line = &sale.lines[0];
    let quantity = domain::quantity::Quantity::parse(quantity).unwrap();
    let parts = step(&line.sold(), line.quantity, line.returned + quantity, &line.reversed);
    let given = ReversedLine { line: line.line, quantity, parts };
    let (now, id) = (books.now(), fresh_id(books.now()));
    let claimed = -(given.parts.subsidy + given.parts.purse());
    let body = reversal_body(sale.claim.parse().unwrap(), &[given], "变质");
    let statement = Statement { claimed, ..Statement::plain(RecordKind::Reversal, id, now, Some("c1".into()), body) };
    let identity = books.enrolled().unwrap().clone();
    books.store.append(Some("c1"), "return", &sale.number, |head| Ok(sign(&identity, head, statement))).unwrap();
    drop(books);
    till.ok(&["sync"], "");
    id.to_string()
}

fn outcome(lab: &Lab, till: &str, id: &str) -> (String, Value) {
    let records = lines(&lab.hq_ok(&["records", "--till", till, "--json"]));
    let record = records.into_iter().find(|r| r["id"] == id).unwrap();
    (record["outcome"].as_str().unwrap().into(), record["reasons"].clone())
}

#[test]
fn goods_come_back_at_any_till_of_the_store_and_only_once() {
    let lab = Lab::with_households(1);
    let server = lab.serve();
    let [one, two, other] = three(&lab, &server);
    let mut drive = one.open();
    let sale = drive.sell(&[RICE, RICE, RICE], Some(&id_number(0)));
    let plain = drive.sell(&[RICE], None);
    assert!(look_up(&two, sale["number"].as_str().unwrap()).is_none(), "not before it was sent");
    drive.ok(&json!({"do": "sync"}));
    let number = sale["number"].as_str().unwrap();
    let found = look_up(&two, number).unwrap();
    let line = &found.lines[0];
    assert_eq!((found.till.as_str(), found.number.as_str(), &json!([found.claim])), ("01", number, &sale["claims"]));
    assert_eq!((line.quantity.to_string().as_str(), line.returned.milli()), ("3", 0));
    assert_eq!(json!(line.discount), sale["totals"]["discount"]);
    assert!(look_up(&two, plain["number"].as_str().unwrap()).is_none(), "no programme had a part in it");
    assert!(look_up(&other, number).is_none(), "another store's");
    assert!(look_up(&two, "no such/number?").is_none());
    let (_, problem) = ask(&two, false, "/v1/sales?number=nothing", &Value::Null);
    assert!(problem["detail"].as_str().unwrap().contains("programme"), "{problem}");

    let first = take_back(&two, &found, "2");
    assert_eq!(outcome(&lab, "S001/02", &first), ("accepted".into(), json!([])));
    let rest = look_up(&two, number).unwrap();
    assert_eq!(rest.lines[0].returned.to_string(), "2");
    assert!(rest.lines[0].reversed.discount < line.discount && !rest.lines[0].reversed.discount.is_zero());
    // The same again, by what was known before: more than was sold would come back.
    let second = take_back(&two, &found, "2");
    assert_eq!(outcome(&lab, "S001/02", &second), ("rejected".into(), json!(["R14"])));
    // The till that sold it asks before it gives money for goods that came back elsewhere.
    let greedy = json!({"do": "return", "sale": number, "lines": [{"line": 1, "quantity": "2"}], "reason": "变质"});
    assert!(drive.refused(&greedy).contains("最多还能退 1"));
    // Another store takes nothing of it back.
    let foreign = take_back(&other, &found, "1");
    assert_eq!(outcome(&lab, "S002/01", &foreign), ("rejected".into(), json!(["R14"])));
    let last = take_back(&two, &rest, "1");
    assert_eq!(outcome(&lab, "S001/02", &last), ("accepted".into(), json!([])));
    let all = &look_up(&one, number).unwrap().lines[0];
    assert_eq!((all.returned, &all.reversed), (all.quantity, &all.sold()), "all of it came back, to the fen");
    lab.hq_ok(&["verify"]);
}

#[test]
fn a_return_that_comes_before_its_sale_waits_for_it() {
    let lab = Lab::with_households(1);
    let server = lab.serve();
    let [one, two, other] = three(&lab, &server);
    let mut drive = one.open();
    let sale = drive.sell(&[RICE], Some(&id_number(0)));
    drive.ok(&json!({"do": "sync"}));
    let known = look_up(&two, sale["number"].as_str().unwrap()).unwrap();
    // The next sale is on the counter of two other tills before headquarters has heard of it.
    let next = drive.sell(&[RICE], Some(&id_number(0)));
    let claim = next["claims"][0].as_str().unwrap().to_owned();
    let unknown = ForeignSale { claim, number: next["number"].as_str().unwrap().into(), ..known };
    let early = take_back(&two, &unknown, "1");
    let foreign = take_back(&other, &unknown, "1");
    assert_eq!(outcome(&lab, "S001/02", &early).0, "held");
    drive.ok(&json!({"do": "sync"}));
    assert_eq!(outcome(&lab, "S001/02", &early), ("accepted".into(), json!([])));
    assert_eq!(outcome(&lab, "S002/01", &foreign), ("rejected".into(), json!(["R14"])));
    lab.hq_ok(&["verify"]);
}
