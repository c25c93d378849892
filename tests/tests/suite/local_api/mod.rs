//! The local API, by a program that knows only its OpenAPI document.

mod client;

use std::sync::mpsc::sync_channel;

use client::{Client, Served, id};
use domain::money::Money;
use domain::resident::{Credential, IdNumber};
use domain::sale::VerifiedBy;
use domain::till::{Event, Screen};
use pos::api::{Call, Desk};
use pos::effects::Driver;
use pos::shop::Shop;
use serde_json::{Value, json};
use tests::{Lab, Printer, card_number, files, id_number, lines};

const RICE: &str = "6900000000014";

fn rice(quantity: &str) -> Value {
    json!({"barcode": RICE, "quantity": quantity, "unit_price": "33.90", "promotion": "1.80"})
}

fn money(value: &Value) -> Money {
    Money::parse(value.as_str().unwrap()).unwrap()
}

#[test]
fn a_program_that_knows_only_the_document_goes_through_a_day() {
    let lab = Lab::with_households(6);
    let server = lab.serve();
    let till = lab.till(&server, "S001/01");
    let served = Served::start(&till);
    let mut client = served.client();
    let health = client.ok("health", &[], &Value::Null);
    assert_eq!((&health["ready"], &health["window"], &health["store"]), (&json!(true), &json!(false), &json!("S001")));

    let verified = client.ok("verify", &[], &json!({"id_number": id_number(0)}));
    let verification = verified["verification"].as_str().unwrap().to_owned();
    assert!(verified["programmes"].as_array().unwrap().iter().any(|p| p["code"] == "GRAIN"), "{verified}");
    let basket = json!({"verification": verification, "lines": [rice("2"), {"barcode": RICE, "quantity": "1"}]});
    let quote = client.ok("quote", &[], &basket);
    assert_eq!(quote["lines"][0]["discount"], json!("9.90"), "15 percent of what it costs there: {quote}");
    assert_eq!(quote["lines"][1]["gross"], json!("41.40"), "the shop's price where theirs is not said");
    assert_eq!(quote["take_off"], quote["totals"]["discount"]);

    let claim = id(&till);
    let mut body = basket.clone();
    body["id"] = json!(claim);
    body["host_receipt"] = json!("POS-7/0017");
    body["cashier"] = json!("c7");
    body["expect"] = json!({"take_off": "0.01"});
    let (status, changed) = client.call("claim", &[], &body);
    assert_eq!((status, &changed["code"], &changed["take_off"]), (409, &json!("changed"), &quote["take_off"]));
    assert_eq!(client.call("look", &[("claim", &claim)], &Value::Null).0, 404, "nothing is kept");

    // The line breaks and the program sends it again, while the first is still under way.
    body["expect"] = json!({"take_off": quote["take_off"]});
    let both: Vec<_> = (0..2).map(|_| (served.client(), body.clone())).collect();
    let threads = both.into_iter().map(|(mut client, body)| std::thread::spawn(move || client.ok("claim", &[], &body)));
    let answers: Vec<Value> = threads.collect::<Vec<_>>().into_iter().map(|t| t.join().unwrap()).collect();
    assert_eq!(answers[0], answers[1]);
    let made = client.ok("claim", &[], &body);
    assert_eq!(made, answers[0]);
    assert_eq!((&made["claim"], &made["take_off"]), (&json!(claim), &quote["take_off"]));
    assert_eq!(made["totals"], quote["totals"]);
    let slip = made["slip"].as_str().unwrap();
    assert!(slip.contains("惠民凭条") && slip.contains("POS-7/0017") && slip.contains("剩余"), "{slip}");

    let mut other = body.clone();
    other["host_receipt"] = json!("POS-7/0018");
    assert_eq!(client.call("claim", &[], &other).1["code"], json!("conflict"));
    other["id"] = json!(id(&till));
    assert_eq!(client.call("claim", &[], &other).1["code"], json!("verification"), "a card counts for one claim");

    client.ok("verify", &[], &json!({"id_number": id_number(0)}));

    // The program and the till are started anew; what was done is still known.
    let said = [client.said, served.stop()].concat();
    let served = Served::start(&till);
    let mut client = served.client();
    assert_eq!(client.ok("claim", &[], &body), made);
    let number = made["number"].as_str().unwrap().to_owned();
    let now = client.ok("look", &[("claim", &number)], &Value::Null);
    assert_eq!((&now["claim"], &now["lines"][0]["returned"]), (&json!(claim), &json!("0")));
    reverse_in_steps(&mut client, &till, &claim, &quote);

    for _ in 0..100 {
        if client.ok("look", &[("claim", &claim)], &Value::Null)["sent"] == json!(true)
            && client.ok("health", &[], &Value::Null)["unsent"] == json!(0)
        {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(200));
    }
    let said = [said, client.said.clone(), served.stop()].concat();
    let claims = lab.claims();
    assert_eq!((claims.len(), &claims[0]["id"], &claims[0]["state"]), (1, &json!(claim), &json!("accepted")));
    let shop = Shop::open(&till.dir).unwrap();
    let events = |word: &str| {
        let all = shop.store.epochs().unwrap();
        let all = all.iter().flat_map(|epoch| shop.store.records(&epoch.epoch).unwrap());
        all.filter(|r| pos::outbox::payload_of(&r.jws).unwrap()["event"] == word).count()
    };
    assert_eq!(events("abandoned"), 1, "the one whose card was shown for nothing");
    let record = pos::outbox::payload_of(&shop.store.record_of(&claim).unwrap().unwrap()).unwrap();
    assert_eq!((&record["host_receipt"], &record["cashier"]), (&json!("POS-7/0017"), &json!("c7")));
    assert_eq!(shop.store.sale_numbers().unwrap().len(), 1);
    lab.hq_ok(&["verify"]);
    till.ok(&["verify"], "");
    nothing_is_told(&till.dir, &said, record["household"].as_str().unwrap());
}

/// Two pieces come back one after the other; a third is refused, and the same again is the same.
fn reverse_in_steps(client: &mut Client, till: &tests::Till, claim: &str, quote: &Value) {
    let back = |id: &str| json!({"id": id, "lines": [{"line": 1, "quantity": "1"}], "reason": "变质", "cashier": "c7"});
    let ids = [id(till), id(till), id(till)];
    let at = [("claim", claim)];
    let first = client.ok("reverse", &at, &back(&ids[0]));
    assert_eq!(client.ok("reverse", &at, &back(&ids[0])), first);
    let second = client.ok("reverse", &at, &back(&ids[1]));
    let line = money(&quote["lines"][0]["discount"]);
    assert_eq!(money(&first["take_off_back"]) + money(&second["take_off_back"]), line, "in steps, all of it");
    assert_eq!(client.call("reverse", &at, &back(&ids[2])).1["code"], json!("return_too_much"));
    let mut other = back(&ids[0]);
    other["reason"] = json!("不要了");
    assert_eq!(client.call("reverse", &at, &other).1["code"], json!("conflict"));
    let now = client.ok("look", &at, &Value::Null);
    assert_eq!((&now["lines"][0]["returned"], &now["reversals"]), (&json!("2"), &json!(ids[..2])));
}

/// No number that was shown is in an answer, in a log or in a file, and no household leaves the till.
fn nothing_is_told(dir: &std::path::Path, said: &str, household: &str) {
    let number = id_number(0);
    assert!(!said.contains(&number) && !said.contains(household), "{said}");
    for (path, bytes) in files(dir) {
        let found = bytes.windows(number.len()).any(|window| window == number.as_bytes());
        assert!(!found, "the number stands in {}", path.display());
    }
}

#[test]
fn a_card_pays_and_a_neighbour_says_for_whom() {
    let lab = Lab::with_households(40);
    let server = lab.serve();
    let till = lab.till(&server, "S001/01");
    let printer = Printer::default();
    till.ok(&["printer", "set", &printer.target], "");
    let served = Served::start(&till);
    let mut client = served.client();
    // A value card of the second household.
    let verified = client.ok("verify", &[], &json!({"card": card_number(1)}));
    let purse = verified["programmes"].as_array().unwrap().iter().find(|p| p["purse"] == json!(true)).unwrap();
    assert_eq!((&purse["code"], &purse["left"][0]["unit"]), (&json!("CARD"), &json!("yuan")));
    let mut body = json!({
        "verification": verified["verification"], "decline": ["GRAIN"], "purses": {"CARD": "20.00"},
        "lines": [rice("1"), {"plu": "77001", "name": "散装大米", "group": "food/grain/rice", "unit": "kg",
            "unit_price": "6.00", "quantity": "1.5", "amount": "9.00"}],
    });
    let quote = client.ok("quote", &[], &body);
    assert_eq!(quote["totals"]["purse"], json!("20.00"));
    assert_eq!(money(&quote["take_off"]), money(&quote["totals"]["discount"]) + money(&json!("20.00")));
    body["id"] = json!(id(&till));
    body["expect"] = json!({"take_off": quote["take_off"]});
    body["host_receipt"] = json!("8");
    body["print"] = json!(true);
    let made = client.ok("claim", &[], &body);
    for _ in 0..50 {
        if !printer.jobs().is_empty() {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    let paper = printers::paper::read(&printer.jobs()[0]);
    assert!(paper.text().contains(made["number"].as_str().unwrap()) && paper.drawer == 0, "{}", paper.text());

    // Goods that nobody knows are named by their line; a family of another till's roster is not found.
    let verified = client.ok("verify", &[], &json!({"card": card_number(1)}));
    let unknown =
        json!({"verification": verified["verification"], "lines": [rice("1"), {"plu": "77001", "quantity": "1"}]});
    let (status, problem) = client.call("quote", &[], &unknown);
    assert_eq!((status, &problem["code"], &problem["line"]), (422, &json!("unknown_product"), &json!(2)));
    assert!(problem["detail_zh"].as_str().unwrap().starts_with("第 2 行"), "{problem}");
    let (status, problem) = client.call("verify", &[], &json!({"id_number": id_number(900)}));
    assert_eq!((status, &problem["code"]), (404, &json!("not_found")));
    assert_eq!(client.call("window", &[], &json!({"raise": true})).1["code"], json!("no_window"));

    let all = tests::households(40);
    let shops_for_two = |h: &&tests::Household| {
        let proxy = h.people.iter().find(|p| p.is_proxy).map(|p| p.n);
        let own = all.iter().find(|o| o.people.iter().any(|p| Some(p.n) == proxy && !p.is_proxy));
        h.is_eligible() && proxy.is_some() && own.is_some_and(tests::Household::is_eligible)
    };
    let other = all.iter().find(shops_for_two).expect("a neighbour who shops for two");
    let neighbour = id_number(other.people.iter().find(|p| p.is_proxy).unwrap().n);
    let choice = client.ok("verify", &[], &json!({"id_number": neighbour}));
    assert_eq!((&choice["verification"], choice["households"].as_array().unwrap().len()), (&Value::Null, 2));
    let mut names = Vec::new();
    for household in choice["households"].as_array().unwrap() {
        let chosen = json!({"id_number": neighbour, "household": household["household"]});
        let verified = client.ok("verify", &[], &chosen);
        assert_eq!(verified["name"], household["name"]);
        names.push(verified["verification"].clone());
    }
    assert_ne!(names[0], names[1]);
    let wrong = json!({"id_number": neighbour, "household": "somebody"});
    assert_eq!(client.call("verify", &[], &wrong).1["code"], json!("household"));
}

#[test]
fn nobody_else_comes_in() {
    let lab = Lab::with_households(1);
    let server = lab.serve();
    let till = lab.till(&server, "S001/01");
    for wrong in ["0.0.0.0:8791", "192.168.1.7:8791", "[::]:8791", "somewhere"] {
        for call in [&["api", "on", "--listen", wrong], &["api", "serve", "--listen", wrong]] {
            let said = till.run(call, "");
            assert_eq!((said.code, said.out.as_str()), (2, ""), "{wrong}");
            assert!(said.err.contains("本机") || said.err.contains("地址"), "{}", said.err);
        }
    }
    assert_eq!(lines(&till.ok(&["api", "on"], ""))[0], json!({"api": "127.0.0.1:8791"}));
    assert_eq!(lines(&till.ok(&["api", "off"], ""))[0], json!({"api": "off"}));
    let served = Served::start(&till);
    assert_eq!(till.run(&["drive"], "").code, 1, "one program at a time holds the till");
    assert_eq!(served.raw("GET", "/openapi.json", &[], "").0, 200, "anybody may read how it works");
    let token = format!("Bearer {}", served.token);
    let right = ("authorization", token.as_str());
    let code = |(status, problem): (u16, Value)| (status, problem["code"].as_str().unwrap_or_default().to_owned());
    let is = |answer: (u16, Value), status: u16, word: &str| assert_eq!(code(answer), (status, word.to_owned()));
    is(served.raw("GET", "/v1/health", &[], ""), 401, "token");
    is(served.raw("GET", "/v1/health", &[("authorization", "Bearer AAAA")], ""), 401, "token");
    is(served.raw("GET", "/v1/claims/1", &[("authorization", &served.token)], ""), 401, "token");
    for origin in ["https://evil.example", "null", "http://127.0.0.1"] {
        is(served.raw("GET", "/v1/health", &[right, ("origin", origin)], ""), 403, "origin");
        is(served.raw("GET", "/openapi.json", &[("origin", origin)], ""), 403, "origin");
    }
    is(served.raw("GET", "/v1/nothing", &[right], ""), 404, "unknown");
    is(served.raw("DELETE", "/v1/claims", &[right], ""), 404, "unknown");
    is(served.raw("POST", "/v1/quotes", &[right], "{"), 400, "body");
    is(served.raw("POST", "/v1/quotes", &[right], &format!("\"{}\"", "x".repeat(262_144))), 413, "size");
    is(served.raw("POST", "/v1/quotes", &[right], "{}"), 422, "invalid");
    is(served.raw("POST", "/v1/verifications", &[right], r#"{"card": "12"}"#), 422, "credential");
}

/// The till of a folder, as the window's thread has it.
fn driver(till: &tests::Till) -> Driver {
    Driver::start(Shop::open(&till.dir).unwrap()).unwrap()
}

fn bag_of_rice(verification: &Value) -> pos::api::Wanted {
    pos::api::Wanted {
        verification: verification.as_str().unwrap().into(),
        lines: vec![pos::api::WantedLine {
            key: domain::barcode::ProductKey::barcode(RICE).unwrap(),
            name: None,
            group: None,
            unit: None,
            content_kg: None,
            unit_price: None,
            quantity: domain::quantity::Quantity::ONE,
            amount: None,
            promotion: None,
            lowest_price_7d: None,
        }],
        decline: Vec::new(),
        purses: std::collections::BTreeMap::new(),
    }
}

fn quote_of(verification: &Value) -> Call {
    Call::Quote(bag_of_rice(verification))
}

fn call(desk: &mut Desk, driver: &mut Driver, body: &Value, verification: &Value, take_off: &Value) -> Value {
    let basket = bag_of_rice(verification);
    if take_off.is_null() {
        return desk.answer(driver, Call::Quote(basket), true).unwrap();
    }
    let claim = pos::api::Claim {
        id: body["id"].as_str().unwrap().parse().unwrap(),
        body_hash: "1".into(),
        basket,
        expect: money(take_off),
        host_receipt: "9".into(),
        cashier: "c7".into(),
        prints: false,
    };
    desk.answer(driver, Call::Claim(Box::new(claim)), true).unwrap()
}

/// A whole claim of one bag of rice beside whatever the driver does.
fn claims(till: &tests::Till, desk: &mut Desk, driver: &mut Driver, n: usize) -> Value {
    let credential = Credential::Id(IdNumber::parse(&id_number(n)).unwrap());
    let verify = Call::Verify { credential, by: VerifiedBy::IdCard, household: None };
    let verification = desk.answer(driver, verify, true).unwrap()["verification"].clone();
    let quote = call(desk, driver, &Value::Null, &verification, &Value::Null);
    call(desk, driver, &json!({"id": id(till)}), &verification, &quote["take_off"])
}

#[test]
fn the_basket_at_the_till_stays_as_it_is() {
    let lab = Lab::with_households(3);
    let server = lab.serve();
    let till = lab.till(&server, "S001/01");
    let (mut driver, mut desk) = (driver(&till), Desk::default());
    // Before anybody signs in: the API opens a shift, and whoever comes goes on in it.
    claims(&till, &mut desk, &mut driver, 0);
    assert!(matches!(driver.till.screen, Screen::SignIn));
    driver.handle(Event::SignIn { staff: "c1".into(), pin: "1234".into() });
    let Screen::Sale { shift, .. } = &driver.till.screen else { panic!("the shift is open") };
    assert_eq!(shift.float, Money::ZERO);

    driver.handle(driver.scanned(RICE, Some("2".into())));
    let credential = Ok(Credential::Id(IdNumber::parse(&id_number(2)).unwrap()));
    driver.handle(Event::Verify { credential, by: VerifiedBy::Typed, household: None });
    driver.handle(Event::Announce);
    driver.handle(Event::Lock);
    let before = format!("{:?}", driver.till);
    let made = claims(&till, &mut desk, &mut driver, 0);
    let reversal = pos::api::Reversal {
        claim: made["claim"].as_str().unwrap().into(),
        id: id(&till).parse().unwrap(),
        body_hash: "2".into(),
        lines: vec![domain::sale::ReturnLine { line: 1, quantity: domain::quantity::Quantity::ONE }],
        reason: "变质".into(),
        cashier: "c7".into(),
        prints: false,
    };
    let back = desk.answer(&mut driver, Call::Reverse(Box::new(reversal)), true).unwrap();
    assert_eq!(back["take_off_back"], made["take_off"]);
    let refused = desk.answer(&mut driver, Call::Look { claim: "nothing".into() }, true);
    assert_eq!(refused.unwrap_err().code, "unknown");
    assert_eq!(format!("{:?}", driver.till), before, "locked, verified and told as it was");

    driver.handle(Event::SignIn { staff: "c1".into(), pin: "1234".into() });
    let kind = domain::tender::TenderKind::Cash;
    driver.handle(Event::Pay { kind, amount: None, reference: None, seen: None });
    // The other till has the money of its claims: only the window's sale is in the drawer.
    let report = driver.x_report().unwrap();
    let cash = report["sums"]["tenders"]["cash"].clone();
    assert_eq!((&report["expected_cash"], &report["sums"]["sales"]), (&cash, &json!(3)));
    // What was paid at this till goes back at this till.
    let numbers = driver.shop.store.sale_numbers().unwrap();
    let refused = desk.answer(&mut driver, Call::Look { claim: numbers[2].clone() }, true);
    assert_eq!(refused.unwrap_err().code, "unknown");
}

#[test]
fn the_windows_thread_serves_it_where_it_is_on() {
    let lab = Lab::with_households(1);
    let server = lab.serve();
    let till = lab.till(&server, "S001/01");
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    till.ok(&["api", "on", "--listen", &format!("127.0.0.1:{port}")], "");
    let (woken, news) = sync_channel(64);
    let wake = move || {
        // The test looks when it is ready.
        woken.try_send(()).ok();
    };
    let font = printers::font::system().expect("fonts-wqy-microhei is installed");
    let link = pos::app::worker::Link::start(Shop::open(&till.dir).unwrap(), font, wake).unwrap();
    let mut client = Client::new(&format!("http://127.0.0.1:{port}"), &pos::api::token(&till.dir).unwrap());
    assert_eq!(client.ok("health", &[], &Value::Null)["window"], json!(true));
    while news.try_recv().is_ok() {}
    link.look();
    assert_eq!(client.ok("window", &[], &json!({"raise": true})), json!({"raise": true}));
    let wait = std::time::Duration::from_secs(5);
    news.recv_timeout(wait).unwrap();
    let raised = link.look().1.iter().any(|n| matches!(n, pos::app::worker::News::Raise(true)));
    assert!(raised, "the window is told");
    drop(client);
}

#[test]
fn a_family_at_the_window_and_at_the_other_till_gets_what_its_claims_say() {
    let lab = Lab::with_households(1);
    let server = lab.serve();
    let till = lab.till(&server, "S001/01");
    let (mut driver, mut desk) = (driver(&till), Desk::default());
    let credential = Credential::Id(IdNumber::parse(&id_number(0)).unwrap());
    let discount = |driver: &Driver| driver.till.screen.open().unwrap().priced.as_ref().unwrap().totals.discount;
    driver.handle(Event::SignIn { staff: "c1".into(), pin: "1234".into() });
    driver.handle(Event::OpenShift { float: "200.00".into() });
    driver.handle(driver.scanned(RICE, Some("9".into())));
    driver.handle(Event::Verify { credential: Ok(credential.clone()), by: VerifiedBy::Typed, household: None });
    driver.holds.wait(std::time::Duration::from_secs(20));
    driver.tend();
    let before = discount(&driver);
    // The card is shown at the other till while the window's goods are still scanned.
    let made = claims(&till, &mut desk, &mut driver, 0);
    driver.handle(Event::Announce);
    let told = discount(&driver);
    assert!(told < before, "what was given there is not given here: {told} of {before}");
    // A sum was told: until it is paid, the other till sends the family here.
    let asked = Call::Verify { credential, by: VerifiedBy::IdCard, household: None };
    let verification = desk.answer(&mut driver, asked, true).unwrap()["verification"].clone();
    let refused = desk.answer(&mut driver, quote_of(&verification), true).unwrap_err();
    assert_eq!((refused.status, refused.code), (409, "being_served"));
    let kind = domain::tender::TenderKind::Cash;
    let paid = driver.handle(Event::Pay { kind, amount: None, reference: None, seen: None });
    let domain::till::Reply::Sale(sale) = paid else { panic!("{paid:?}") };
    assert_eq!(sale.totals.discount, told);
    assert!(desk.answer(&mut driver, quote_of(&verification), true).is_ok());
    drop(driver);
    till.ok(&["sync"], "");
    let found = lab.claims();
    assert_eq!((found.len(), &found[0]["id"]), (2, &made["claim"]));
    for claim in found {
        assert_eq!((&claim["state"], &claim["reasons"]), (&json!("accepted"), &json!([])), "{claim}");
        assert_eq!(claim["granted"], claim["totals"]);
    }
    lab.hq_ok(&["verify"]);
    till.ok(&["verify"], "");
}
