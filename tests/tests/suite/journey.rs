//! From a scan to headquarters, as a store and its headquarters would live it.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tests::{Lab, Printer, card_number, files, id_number, name};

/// Rice of 5 kg, an egg box, a bag of flour, cigarettes; potatoes by PLU.
const RICE: &str = "6900000000014";
const TOBACCO_GROUP: &str = "tobacco";

#[test]
fn a_day_of_sales_reaches_headquarters_to_the_fen() {
    let lab = Lab::with_households(12);
    let server = lab.serve();
    let printer = Printer::default();
    let till = lab.till(&server, "S001/01");
    till.ok(&["printer", "set", &printer.target, "--columns", "32"], "");
    let cigarettes = code_of_group(TOBACCO_GROUP);

    let mut drive = till.open();
    let mut claimed: BTreeMap<String, Value> = BTreeMap::new();
    let mut note = |sale: &Value| {
        for id in sale["claims"].as_array().unwrap() {
            claimed.insert(id.as_str().unwrap().into(), sale["totals"].clone());
        }
    };
    let plain = drive.sell(&[RICE, &cigarettes], None);
    assert_eq!(plain["claims"], json!([]), "nothing was taken off, so nothing is claimed");
    for n in 0..8 {
        let sale = drive.sell(&[RICE, RICE, &cigarettes, "10002"], Some(&id_number(n)));
        assert_eq!(sale["printed"], json!(true));
        note(&sale);
    }
    // Headquarters holds a basket only for a family whose earlier claims it has.
    drive.ok(&json!({"do": "sync"}));
    drive.ok(&json!({"do": "scan", "code": RICE}));
    let shown = drive.ok(&json!({"do": "verify", "card": card_number(1)}));
    assert_eq!(shown["beneficiary"]["category"], json!("tekun"));
    drive.ok(&json!({"do": "purse", "programme": "CARD", "amount": "20.00"}));
    let due = drive.ok(&json!({"do": "pay", "tender": "wechat", "amount": "5.00"}));
    assert!(due["due"].is_string(), "something is still due: {due}");
    note(&drive.ok(&json!({"do": "pay", "tender": "cash", "amount": "100.00"}))["sale"]);
    let moved = drive.ok(&json!({"do": "sync"}));
    assert_eq!(moved["moved"]["unsent"], json!(0));
    drop(drive);

    let at_headquarters: BTreeMap<String, Value> =
        lab.claims().into_iter().map(|c| (c["id"].as_str().unwrap().into(), c)).collect();
    assert_eq!(at_headquarters.len(), claimed.len());
    for (id, totals) in &claimed {
        let claim = &at_headquarters[id];
        assert_eq!(claim["state"], json!("accepted"), "{claim}");
        for key in ["discount", "subsidy", "concession", "purse", "claim"] {
            assert_eq!(claim["granted"][key], totals[key], "{key} of {claim}");
        }
    }
    lab.hq_ok(&["verify"]);
    till.ok(&["verify"], "");
    check_paper(&printer);
    nothing_in_clear(&till.dir);
}

/// The paper says what the law and the family need, and nothing that a neighbour should read.
fn check_paper(printer: &Printer) {
    let jobs = printer.jobs();
    assert_eq!(jobs.len(), 10);
    for job in &jobs[1..] {
        let paper = printers::paper::read(job);
        let text = paper.text();
        assert_eq!(paper.unknown, Vec::<usize>::new(), "{text}");
        assert!(text.contains("惠民优惠"), "{text}");
        assert!(text.contains("剩余"), "{text}");
        assert_eq!(paper.qr.len(), 1);
        assert_eq!(paper.cuts, 1);
        for word in ["低保", "特困", "困难"] {
            assert!(!text.contains(word), "{word} in {text}");
        }
    }
    assert!(printers::paper::read(jobs.last().unwrap()).text().contains("爱心卡支付"));
}

/// No ID number, card number or name of the roster is in any file that the till wrote.
fn nothing_in_clear(dir: &std::path::Path) {
    let mut secrets = Vec::new();
    for n in 0..16 {
        secrets.extend([id_number(n), card_number(n), name(n)]);
    }
    for (path, bytes) in files(dir) {
        for secret in &secrets {
            let utf16: Vec<u8> = secret.encode_utf16().flat_map(u16::to_le_bytes).collect();
            for form in [secret.as_bytes().to_vec(), printers::charset::encode(secret), utf16] {
                let found = bytes.windows(form.len()).any(|window| window == form);
                assert!(!found, "{} stands in {}", secret, path.display());
            }
        }
    }
}

fn code_of_group(group: &str) -> String {
    let csv = std::fs::read_to_string(tests::data().join("products.csv")).unwrap();
    let row = csv.lines().find(|line| line.split(',').nth(6) == Some(group)).unwrap();
    row.split(',').next().unwrap().into()
}

#[test]
fn a_return_gives_money_and_quota_back() {
    let lab = Lab::with_households(3);
    let server = lab.serve();
    let till = lab.till(&server, "S001/01");
    let mut drive = till.open();
    let sale = drive.sell(&[RICE, RICE, RICE], Some(&id_number(0)));
    let number = sale["number"].as_str().unwrap().to_owned();
    let balance = || lab.hq_ok(&["balance", "--household", "DEMO-00000", "--programme", "GRAIN", "--json"]);
    drive.ok(&json!({"do": "sync"}));
    assert!(!balance().contains(r#""limit":"month","period":"2026-01""#));
    let used = tests::lines(&balance())[0]["used"].clone();
    assert_ne!(used, json!("0.00"));

    let back = |quantity: &str| json!({"do": "return", "sale": number, "lines": [{"line": 1, "quantity": quantity}], "reason": "变质"});
    let first = drive.ok(&back("1"));
    let second = drive.ok(&back("2"));
    drive.refused(&back("1"));
    let cash = |answer: &Value| domain::money::Money::parse(answer["refund"].as_str().unwrap()).unwrap();
    let due = domain::money::Money::parse(sale["totals"]["due"].as_str().unwrap()).unwrap();
    assert_eq!(cash(&first) + cash(&second), due, "in whatever steps, all of it comes back");

    drive.ok(&json!({"do": "sync"}));
    assert_eq!(tests::lines(&balance())[0]["used"], json!("0.00"));
    let again = drive.sell(&[RICE, RICE, RICE], Some(&id_number(0)));
    assert_eq!(again["totals"], sale["totals"], "quota that came back can be used again");
    drop(drive);
    lab.hq_ok(&["verify"]);
    till.ok(&["verify"], "");
}

#[test]
fn two_stores_offline_never_take_more_than_limit_and_offline_amount() {
    let lab = Lab::with_households(1);
    let mut server = lab.serve();
    let tills = [lab.till(&server, "S001/01"), lab.till(&server, "S002/01")];
    let address = server.address();
    server.kill();
    // Both know an untouched month of 30.00; each gives what it may without a line.
    let mut given = Vec::new();
    for till in &tills {
        let mut drive = till.open();
        for _ in 0..4 {
            let sale = drive.sell(&[RICE, RICE, RICE], Some(&id_number(0)));
            given.push(sale["totals"].clone());
        }
    }
    let server = lab.serve_on(&address);
    assert_eq!(server.address(), address);
    for till in &tills {
        till.ok(&["sync"], "");
    }
    let claims = lab.claims();
    let states: Vec<&str> = claims.iter().map(|c| c["state"].as_str().unwrap()).collect();
    assert!(states.iter().all(|state| ["accepted", "held"].contains(state)), "{states:?}");
    let excess = claims.iter().filter(|c| c["reasons"] == json!(["R03"])).count();
    assert!(excess > 0, "the second store's claims exceed the month by what the first gave: {claims:?}");
    lab.hq_ok(&["verify"]);
}
