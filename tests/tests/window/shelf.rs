//! Goods and prices, promotions and staff, as a manager changes them at a till; and goods that come back
//! at another till than they were sold at.

use eframe::egui::Key;
use pos::shop::Shop;
use tests::{Lab, Till, id_number};

use crate::harness::{Window, open, window};

const RICE: &str = "6900000000014";
const NEW: &str = "6999999999997";

/// The manager opens the pages, by keys.
fn enter(w: &mut Window) {
    w.key(Key::F10);
    w.type_text("g");
    w.type_text("9999");
    w.key(Key::Enter);
    w.expect("商品与价格 · 店长 m1");
}

/// What the first line of the basket costs, and what a promotion takes off it.
fn first(w: &Window) -> (String, String) {
    w.snapshot(|snap| {
        let basket = &snap.screen.open().unwrap().lines[0].basket;
        (basket.unit_price.to_string(), basket.promotion.to_string())
    })
}

fn due(w: &Window) -> String {
    w.totals().0
}

/// Empties the basket.
fn clear(w: &mut Window) {
    w.key(Key::F7);
    w.key(Key::Enter);
    assert_eq!(w.lines(), 0);
}

#[test]
fn a_price_is_changed_by_keys_alone_and_counts_from_the_next_scan_on() {
    let mut w = open();
    w.start_selling();
    w.scan(RICE);
    enter(&mut w);
    w.type_text("xtdbdm");
    w.key(Key::Enter);
    w.type_text("39.90");
    w.key(Key::Enter);
    w.expect("已经保存");
    w.expect("商品与价格 · 店长 m1");
    w.key(Key::Escape);
    assert_eq!(first(&w).0, "41.40", "an open basket keeps its prices");
    clear(&mut w);
    w.scan(RICE);
    assert_eq!((first(&w).0.as_str(), due(&w).as_str()), ("39.90", "39.90"));
    w.wait_for("the upload", |snap| snap.status.sync.error.is_none() && snap.status.sync.rounds > 0);
}

#[test]
fn a_price_is_changed_by_touch_alone() {
    let mut w = open();
    w.start_selling();
    w.click("菜单");
    w.click("商品与价格");
    for digit in ["9", "9", "9", "9", "批准"] {
        w.click(digit);
    }
    w.fill("品名、拼音首字母、编号，或扫码", "杏坛东北大米");
    w.click("杏坛东北大米 5kg");
    w.click("价格（元）");
    for digit in ["2", "9", ".", "8", "0", "保存", "返回"] {
        w.click(digit);
    }
    w.scan(RICE);
    assert_eq!(first(&w).0, "29.80");
}

#[test]
fn only_a_manager_opens_the_pages_and_each_change_is_checked_again() {
    let mut w = open();
    w.start_selling();
    w.key(Key::F10);
    w.type_text("g");
    w.type_text("1234");
    w.key(Key::Enter);
    w.expect("工号或密码不对");
    assert!(!w.has("商品与价格 · 店长"));
    w.key(Key::Escape);
    enter(&mut w);
    let (till, mut shop) = (w.till.clone(), Shop::open(&w.till).unwrap());
    // The manager is taken off at another till while the pages are open here.
    let now = shop.now();
    let row = shop.store.staff_rows().unwrap().into_iter().find(|s| s.code == "m1").unwrap();
    let gone = store::Shared::Staff { code: row.code, role: row.role, pin_hash: row.pin_hash, active: false };
    shop.store.put_shared(&[gone], "m2", now).unwrap();
    w.scan(RICE);
    w.type_text("1.00");
    w.key(Key::Enter);
    w.expect("工号或密码不对");
    let product = Shop::open(&till).unwrap().store.find_product(RICE).unwrap().unwrap();
    assert_eq!(product.price.unwrap().to_string(), "41.40");
}

#[test]
fn the_pages_work_in_training() {
    let mut w = open_in_training();
    w.start_selling();
    enter(&mut w);
    w.scan(RICE);
    w.type_text("39");
    w.key(Key::Enter);
    w.expect("已经保存");
    w.key(Key::Escape);
    w.scan(RICE);
    assert_eq!(first(&w).0, "39.00");
}

/// A till whose folder is the one to learn in.
fn open_in_training() -> Window {
    let lab = Lab::with_households(1);
    let server = lab.serve();
    let till = lab.till(&server, "S001/01");
    Shop::open(&till.dir).unwrap().store.set_setting("training", "on").unwrap();
    window(lab, Some(server), till)
}

#[test]
fn an_unknown_code_becomes_a_product() {
    let mut w = open();
    w.start_selling();
    w.scan(NEW);
    w.expect("没有这个商品");
    w.type_text("c");
    w.type_text("9999");
    w.key(Key::Enter);
    w.expect("加新商品");
    w.type_text("红糖");
    // Enter before the price is there says what is missing, and goes to that row.
    w.key(Key::Enter);
    w.expect("请填写价格");
    w.type_text("6.50");
    w.key(Key::ArrowDown);
    w.key(Key::ArrowDown);
    w.type_text("400g");
    w.key(Key::ArrowDown);
    w.type_text("b");
    w.key(Key::Enter);
    w.expect("已经保存");
    w.scan(NEW);
    w.expect("红糖 400g");
    assert_eq!(due(&w), "6.50");
    let shop = Shop::open(&w.till).unwrap();
    let product = shop.store.find_product(NEW).unwrap().unwrap();
    assert!(product.group.contains('/'), "one of the store's groups: {}", product.group);
    assert_eq!((product.unit_name.as_str(), product.content_kg), ("件", None));
}

#[test]
fn codes_that_are_taken_or_wrong_are_refused_kindly() {
    let mut w = open();
    w.start_selling();
    enter(&mut w);
    w.key(Key::F4);
    w.type_text("6900000000015");
    w.key(Key::Enter);
    w.expect("条码读得不对");
    for _ in 0..13 {
        w.key(Key::Backspace);
    }
    w.type_text("10001");
    w.key(Key::ArrowDown);
    w.type_text("5");
    w.key(Key::ArrowDown);
    w.type_text("白菜");
    w.key(Key::Enter);
    w.expect("这个编号已经有商品");
}

/// Adds a promotion of a kind for the rice, by keys: the rows after the kind.
fn promote(w: &mut Window, kind: &str, rows: &[&str]) {
    enter(w);
    w.key(Key::F2);
    w.key(Key::F4);
    w.expect("加促销");
    w.scan(RICE);
    w.type_text(kind);
    for row in rows {
        w.key(Key::ArrowDown);
        w.type_text(row);
    }
    w.key(Key::Enter);
    w.expect("已经保存");
}

/// Stops what the list shows first.
fn stop(w: &mut Window) {
    w.key(Key::Enter);
    w.expect("停止这个促销");
    w.key(Key::F8);
    w.expect("还没有促销");
    w.key(Key::Escape);
}

#[test]
fn each_kind_of_promotion_counts_to_the_fen_until_it_is_stopped() {
    let mut w = open();
    w.start_selling();
    for (kind, rows, goods, off) in [
        ("a", &["33.30"][..], 1, "8.10"),
        ("b", &["2.05"], 2, "4.10"),
        ("c", &["12.5"], 1, "5.18"),
        ("d", &["10", "100", "b"], 5, "20.00"),
    ] {
        promote(&mut w, kind, rows);
        w.expect("进行中");
        w.key(Key::Escape);
        for _ in 0..goods {
            w.scan(RICE);
        }
        assert_eq!(first(&w).1, off, "{kind}");
        let gross = 41.40 * f64::from(goods) - off.parse::<f64>().unwrap();
        assert_eq!(due(&w), format!("{gross:.2}"), "{kind}");
        clear(&mut w);
        enter(&mut w);
        w.key(Key::F2);
        stop(&mut w);
        w.scan(RICE);
        assert_eq!(first(&w).1, "0.00", "{kind}");
        clear(&mut w);
    }
}

#[test]
fn a_promotion_has_dates_and_is_made_by_touch_from_its_product() {
    let mut w = open();
    w.start_selling();
    enter(&mut w);
    w.fill("品名、拼音首字母、编号，或扫码", "杏坛东北大米");
    w.click("杏坛东北大米 5kg");
    w.click("给它做促销");
    w.click("特价（每单位卖多少元）");
    for digit in ["3", "0"] {
        w.click(digit);
    }
    w.click("从");
    w.click("明天");
    w.click("到（含当天）");
    w.click("+14 天");
    w.click("保存");
    w.expect("已经保存");
    w.click("促销");
    w.expect("特价 ¥30.00");
    w.click("返回");
    w.scan(RICE);
    assert_eq!(first(&w), ("41.40".into(), "0.00".into()), "it begins tomorrow");
    let promotions = Shop::open(&w.till).unwrap().promotions;
    let [promotion] = promotions.as_slice() else { panic!("{promotions:?}") };
    assert_eq!((promotion.valid.1 - promotion.valid.0).num_days(), 14);
    assert!(promotion.code.starts_with('P') && promotion.name.contains("杏坛东北大米"), "{promotion:?}");
}

#[test]
fn staff_are_added_get_new_pins_and_leave() {
    let mut w = open();
    w.start_selling();
    enter(&mut w);
    w.key(Key::F3);
    w.key(Key::F4);
    // The first free code is there: c2.
    w.key(Key::ArrowDown);
    w.key(Key::ArrowDown);
    w.type_text("2468");
    w.key(Key::ArrowDown);
    w.type_text("2469");
    w.key(Key::Enter);
    w.expect("两次密码不一样");
    w.key(Key::Backspace);
    w.type_text("8");
    w.key(Key::Enter);
    w.expect("已经保存");
    // The last manager stays.
    w.click("m1");
    w.click("停用");
    w.expect("这是最后一位店长");
    w.click("返回");
    // The manager's own new PIN: the pages go on with it.
    w.click("m1");
    w.type_text("8642");
    w.key(Key::ArrowDown);
    w.type_text("8642");
    w.key(Key::Enter);
    w.expect("已经保存");
    w.click("c1");
    w.click("停用");
    w.expect("已经保存");
    w.key(Key::Escape);
    let staff = w.snapshot(|snap| snap.staff.iter().map(|(code, _)| code.clone()).collect::<Vec<_>>());
    assert_eq!(staff, ["c2", "m1"]);
    w.key(Key::F10);
    w.click("换收银员");
    w.click("c2");
    w.type_text("2468");
    w.key(Key::Enter);
    w.expect("请扫第一件商品");
}

#[test]
fn what_is_changed_here_is_at_the_stores_other_till() {
    let mut w = open();
    let server = w.server.take().unwrap();
    let other = w.lab.till(&server, "S001/02");
    other.ok(&["sync"], "");
    w.server = Some(server);
    w.start_selling();
    promote(&mut w, "b", &["2"]);
    w.key(Key::F1);
    w.scan(RICE);
    w.type_text("40");
    w.key(Key::Enter);
    w.expect("已经保存");
    w.key(Key::F3);
    w.key(Key::F4);
    w.key(Key::ArrowDown);
    w.key(Key::ArrowDown);
    w.type_text("2468");
    w.key(Key::ArrowDown);
    w.type_text("2468");
    w.key(Key::Enter);
    w.expect("已经保存");
    let till = w.till.clone();
    let all_gone = || Shop::open(&till).unwrap().store.shop_changes_waiting().unwrap() == 0;
    w.wait_for("the upload", |_| all_gone());
    other.ok(&["sync"], "");
    let shop = Shop::open(&other.dir).unwrap();
    assert_eq!(shop.store.find_product(RICE).unwrap().unwrap().price.unwrap().to_string(), "40.00");
    assert_eq!(shop.promotions.len(), 1);
    assert!(shop.store.staff("c2").unwrap().is_some());
    drop(shop);
    let mut drive = other.drive();
    drive.ok(&serde_json::json!({"do": "login", "staff": "c2", "pin": "2468"}));
    drive.ok(&serde_json::json!({"do": "open_shift", "float": "0"}));
    assert_eq!(drive.sell(&[RICE], None)["totals"]["due"], "38.00");
}

#[test]
fn a_sale_of_another_till_comes_back_here_and_only_once() {
    let mut w = open();
    let server = w.server.take().unwrap();
    let other = w.lab.till(&server, "S001/02");
    other.ok(&["sync"], "");
    let mut drive = other.open();
    let sale = drive.sell(&[RICE, RICE], Some(&id_number(0)));
    drive.ok(&serde_json::json!({"do": "sync"}));
    let number = sale["number"].as_str().unwrap();
    w.start_selling();
    w.key(Key::F6);
    w.scan("https://hq.example/r/01938f3e-0000-7000-8000-000000000001.0123456789abcdef");
    w.expect("请输入小票上的小票号");
    w.click("S001-");
    for letter in number["S001-".len()..].chars() {
        w.click(&letter.to_string());
    }
    w.click("找小票");
    w.expect("款台 02 卖的");
    w.expect("杏坛东北大米 5kg");
    w.type_text("11");
    w.key(Key::Enter);
    w.expect("退货完成");
    w.key(Key::Enter);
    w.key(Key::F6);
    w.type_text(&number.to_lowercase());
    w.key(Key::Enter);
    w.expect("还能退 0");
    w.type_text("1");
    w.key(Key::Enter);
    assert!(!w.has("退货完成"), "nothing is left to take back");
    w.wait_for("the upload", |snap| snap.status.unsent == 0);
    let records = tests::lines(&w.lab.hq_ok(&["records", "--till", "S001/01", "--json"]));
    let reversal = records.iter().find(|r| r["kind"] == "reversal").unwrap();
    assert_eq!(reversal["outcome"], "accepted", "{reversal}");
    drop(server);
    w.key(Key::Escape);
    w.key(Key::F6);
    w.type_text("S001-03-1-000001");
    w.key(Key::Enter);
    w.expect("现在连不上总部");
}

#[test]
fn the_pages_work_before_the_till_is_enrolled() {
    let lab = Lab::default();
    let till = Till { dir: lab.dir.path().join("alone") };
    till.ok(&["staff", "add", "m1", "--role", "manager"], "9999\n");
    let mut driver = pos::effects::Driver::start(Shop::open(&till.dir).unwrap()).unwrap();
    let approval = pos::counter::Approval { staff: "m1".into(), pin: "9999".into() };
    let pin = pos::counter::ShelfChange::Person {
        code: "c1".into(),
        role: domain::role::StaffRole::Cashier,
        pin: "1234".into(),
    };
    driver.change_shelf(&pin, &approval).unwrap();
    assert!(driver.change_shelf(&pin, &approval).unwrap_err().zh.contains("已经有了"));
    assert_eq!(driver.books().unwrap().staff.len(), 2);
}
