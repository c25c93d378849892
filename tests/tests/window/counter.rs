//! What a counter does beside plain sales: by keys, by touch, and with devices on serial lines.

use std::time::{Duration, Instant};

use eframe::egui::Key;
use tests::{card_number, id_number};

use crate::harness::{Window, open};

const RICE: &str = "6900000000014";
const EGGS: &str = "6900000000991";

/// A label of the shop's scale for cabbage (PLU 10001), with its check digit.
fn label(digits: &str) -> String {
    format!("{digits}{}", char::from(domain::barcode::check_digit(digits)))
}

impl Window {
    /// A manager allows what is asked, by keys.
    fn allow(&mut self) {
        self.expect("请店长批准");
        self.type_text("9999");
        self.key(Key::Enter);
    }

    fn menu(&mut self, entry: &str) {
        self.key(Key::F10);
        self.click(entry);
    }

    /// What was printed: the text of every paper, in order.
    fn papers(&self) -> Vec<String> {
        let until = Instant::now() + Duration::from_secs(10);
        loop {
            let waiting = store::Store::open(&self.till).unwrap().unprinted().unwrap().0;
            if waiting == 0 || Instant::now() > until {
                break;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let mut texts: Vec<_> = tests::files(&self.till.join("paper"))
            .into_iter()
            .filter(|(path, _)| path.extension().is_some_and(|e| e == "txt"))
            .collect();
        texts.sort();
        texts.into_iter().map(|(_, bytes)| String::from_utf8(bytes).unwrap()).collect()
    }

    fn events(&self, kind: &str) -> Vec<serde_json::Value> {
        let store = store::Store::open(&self.till).unwrap();
        let epochs = store.epochs().unwrap();
        let records = epochs.iter().flat_map(|epoch| store.records(&epoch.epoch).unwrap());
        let payloads = records.map(|record| pos::outbox::payload_of(&record.jws).unwrap());
        payloads.filter(|payload| payload["event"] == kind).collect()
    }
}

#[test]
fn a_manager_changes_a_price_once_and_the_sale_keeps_who_and_why() {
    let mut w = open();
    w.start_selling();
    w.scan(RICE);
    w.key(Key::F5);
    w.type_text("30");
    w.type_text("c");
    w.key(Key::Enter);
    w.expect("请店长批准");
    w.type_text("0000");
    w.key(Key::Enter);
    w.expect("工号或密码不对");
    assert_eq!(w.totals().0, "41.40");
    w.type_text("9999");
    w.key(Key::Enter);
    assert_eq!(w.totals().0, "30.00");
    w.expect("店长改价（破损");
    // Another line needs another allowance; here by touch, as an amount off.
    w.scan(EGGS);
    let before: domain::money::Money = domain::money::Money::parse(&w.totals().0).unwrap();
    w.click("改价");
    w.click("减金额");
    w.click("2");
    w.click("临期");
    w.click("确定");
    for digit in ["9", "9", "9", "9", "批准"] {
        w.click(digit);
    }
    assert_eq!(w.totals().0, (before - domain::money::Money::from_fen(200)).to_string());
    w.type_text("+");
    w.key(Key::Enter);
    w.expect("收款完成");
    let overrides = w.events("override");
    assert_eq!(overrides.len(), 2);
    assert_eq!((&overrides[0]["detail"]["manager"], &overrides[0]["detail"]["reason"]), (&"m1".into(), &"破损".into()));
}

#[test]
fn a_little_is_waived_by_the_cashier_and_more_by_a_manager() {
    let mut w = open();
    w.start_selling();
    w.scan(RICE);
    w.type_text("+");
    w.type_text("-");
    w.type_text("0.40");
    w.key(Key::Enter);
    w.expect("让零");
    assert_eq!(w.snapshot(|snap| snap.screen.open().unwrap().due().to_string()), "41.00");
    // A quick hand: the page stays open, whatever the till answers to the one before.
    w.harness.event(eframe::egui::Event::Text("+".into()));
    w.harness.step();
    w.settle();
    w.click("让零");
    w.type_text("1.40");
    w.key(Key::Enter);
    w.allow();
    w.type_text("+");
    w.key(Key::Enter);
    w.expect("收款完成");
    let paper = w.papers().pop().unwrap();
    assert!(paper.contains("让零") && paper.contains("40.00"), "{paper}");
    tests::Till { dir: w.till.clone() }.ok(&["verify"], "");
}

#[test]
fn goods_are_multiplied_repeated_weighed_and_read_from_labels() {
    let mut w = open();
    w.start_selling();
    w.type_text("3*");
    w.scan(RICE);
    w.type_text("=");
    let quantity = |w: &Window, line: usize| {
        w.snapshot(|snap| snap.screen.open().unwrap().lines[line].basket.quantity.to_string())
    };
    assert_eq!((w.lines(), quantity(&w, 0).as_str()), (1, "4"));
    w.scan(&label("211000101235"));
    assert_eq!((w.lines(), quantity(&w, 1).as_str()), (2, "1.235"));
    // The label's amount stands, whatever the price says.
    w.scan(&label("231000100492"));
    let gross = w.snapshot(|snap| snap.screen.open().unwrap().lines[2].basket.gross().to_string());
    assert_eq!(gross, "4.92");
    w.scan(&label("211000100000"));
    w.expect("读得不对");
    assert_eq!(w.lines(), 3);
    // Typed in 斤, by touch.
    w.type_text("10001");
    w.key(Key::Enter);
    w.click("斤");
    for key in ["3", ".", "5", "放进去"] {
        w.click(key);
    }
    assert_eq!((w.lines(), quantity(&w, 3).as_str()), (4, "1.75"));
}

#[test]
fn prices_are_checked_and_unknown_codes_offer_a_choice() {
    let mut w = open();
    w.start_selling();
    w.key(Key::F11);
    w.expect("扫一下商品");
    w.scan(RICE);
    w.expect("¥41.40");
    assert_eq!(w.lines(), 0);
    w.key(Key::Enter);
    assert_eq!(w.lines(), 1);
    w.scan("6999999999994");
    w.expect("没有加进这一单");
    w.type_text("a");
    w.expect("品名、拼音首字母、编号");
    w.key(Key::Escape);
    // A payment code on the sale screen is neither goods nor kept.
    w.scan("134567890123456789");
    w.expect("这像付款码或证件号码");
    assert!(!w.has("134567890123456789"));
    assert_eq!(w.lines(), 1);
}

#[test]
fn cash_moves_the_drawer_is_counted_and_the_reports_are_on_paper() {
    let mut w = open();
    w.start_selling();
    w.scan(RICE);
    w.type_text("+");
    w.key(Key::Enter);
    w.key(Key::F9);
    w.key(Key::Enter);
    w.expect("钱箱已开");
    w.menu("现金存入");
    w.type_text("50");
    w.key(Key::Enter);
    w.expect("已存入 ¥50.00");
    w.menu("现金取出");
    w.type_text("100");
    w.key(Key::Enter);
    w.allow();
    w.expect("已取出 ¥100.00");
    assert_eq!(w.events("drawer").len(), 3);
    w.menu("班次汇总（X）");
    assert!(!w.has("钱箱应有"), "the count is blind");
    w.key(Key::Enter);
    w.menu("交班");
    w.type_text("191");
    w.key(Key::Enter);
    w.expect("点到的和应有的不一样");
    assert!(!w.has("191.40"), "the count is blind");
    w.type_text("d");
    w.key(Key::Enter);
    w.expect("交班完成");
    w.expect("−0.40");
    w.expect("原因不明");
    w.key(Key::Enter);
    w.menu("日结（Z）");
    w.expect("日结完成");
    let papers = w.papers();
    for title in ["现金存入单", "现金取出单", "交班单", "日结单（Z）"] {
        assert!(papers.iter().any(|paper| paper.contains(title)), "{title} is not on paper: {papers:?}");
    }
}

#[test]
fn the_last_sale_is_void_goods_are_exchanged_and_come_back_without_a_receipt() {
    let mut w = open();
    w.start_selling();
    w.scan(RICE);
    w.scan(&card_number(0));
    w.type_text("+");
    w.key(Key::Enter);
    w.key(Key::Enter);
    w.menu("作废上一单");
    w.key(Key::Enter);
    w.allow();
    w.expect("退货完成");
    w.key(Key::Enter);
    assert!(w.papers().iter().any(|paper| paper.contains("作废单")));
    // A sale that is void already is not void again.
    w.menu("作废上一单");
    w.key(Key::Enter);
    w.type_text("9999");
    w.key(Key::Enter);
    assert!(!w.has("退货完成"));
    w.key(Key::Escape);
    w.scan(EGGS);
    w.type_text("+");
    w.key(Key::Enter);
    w.key(Key::F6);
    w.type_text("3");
    w.key(Key::Enter);
    w.type_text("1");
    w.type_text("*");
    w.key(Key::Enter);
    w.expect("换货完成");
    w.key(Key::Enter);
    w.key(Key::F6);
    w.type_text("*");
    w.expect("没有小票的退货");
    w.type_text(EGGS);
    w.key(Key::Enter);
    w.key(Key::Enter);
    w.allow();
    w.expect("退货完成");
    w.key(Key::Enter);
    assert_eq!(w.events("void").len(), 1);
    assert_eq!(w.events("override").len(), 1);
    w.wait_for("the upload", |snap| snap.status.unsent == 0);
    w.lab.hq_ok(&["verify"]);
    tests::Till { dir: w.till.clone() }.ok(&["verify"], "");
}

#[test]
fn a_locked_till_keeps_its_basket_for_whoever_locked_it() {
    let mut w = open();
    w.start_selling();
    w.scan(RICE);
    w.key(Key::F12);
    w.expect("已锁屏");
    w.scan(EGGS);
    w.click("c1");
    w.type_text("0000");
    w.key(Key::Enter);
    w.expect("工号或密码不对");
    w.click("c1");
    w.type_text("1234");
    w.key(Key::Enter);
    assert_eq!((w.lines(), w.totals().0.as_str()), (1, "41.40"));
}

#[test]
fn a_manual_slip_is_entered_once_and_always_held() {
    let mut w = open();
    w.start_selling();
    w.menu("打印空白手工单");
    assert_eq!(w.papers().iter().filter(|paper| paper.contains("M-S001-01-000")).count(), 5);
    let yesterday = domain::time::business_date(chrono::Utc::now()).pred_opt().unwrap().to_string();
    for attempt in 0..2 {
        w.menu("补录手工单");
        if attempt == 0 {
            w.scan("M-S001-01-0001");
        } else {
            w.type_text("1");
        }
        w.key(Key::Enter);
        w.type_text(&if attempt == 0 { yesterday.clone() } else { yesterday.replace('-', "") });
        w.key(Key::Enter);
        w.expect("补录手工单 M-S001-01-0001");
        w.scan(RICE);
        w.key(Key::F2);
        w.type_text(&id_number(0));
        w.key(Key::Enter);
        w.expect("已核验");
        w.type_text("+");
        w.key(Key::Enter);
        if attempt == 1 {
            w.expect("已经补录过");
        }
        w.key(Key::Escape);
    }
    w.key(Key::F7);
    w.key(Key::Enter);
    w.wait_for("the upload", |snap| snap.status.unsent == 0);
    let claims = w.lab.claims();
    assert_eq!(claims.len(), 1);
    assert_eq!((&claims[0]["state"], &claims[0]["business_date"]), (&"held".into(), &yesterday.as_str().into()));
    assert!(claims[0]["reasons"].as_array().unwrap().contains(&"R16".into()));
}

#[test]
fn a_till_beside_another_claims_with_its_receipt_number() {
    let mut w = open();
    w.start_selling();
    w.menu("改为旁挂在收银机边");
    w.allow();
    w.expect("旁挂");
    w.scan(RICE);
    w.type_text("+");
    w.key(Key::Enter);
    w.expect("没有惠民优惠");
    w.key(Key::Escape);
    w.scan(&card_number(0));
    w.expect("收银机减");
    w.type_text("+");
    w.expect("请在收银机减");
    w.click("先打凭条");
    w.type_text("H-7788");
    w.key(Key::Enter);
    w.expect("登记完成");
    w.wait_for("the upload", |snap| snap.status.unsent == 0);
    assert_eq!(w.lab.claims()[0]["state"], "accepted");
    let papers = w.papers();
    assert!(papers.iter().any(|paper| paper.contains("未登记")), "{papers:?}");
    assert!(papers.last().unwrap().contains("H-7788"), "{papers:?}");
    tests::Till { dir: w.till.clone() }.ok(&["verify"], "");
}

#[test]
fn keys_move_and_colours_change() {
    let mut w = open();
    w.start_selling();
    w.menu("按键设置");
    w.click("挂单");
    w.key(Key::F7);
    w.key(Key::Escape);
    w.scan(RICE);
    w.key(Key::F7);
    assert_eq!(w.snapshot(|snap| snap.parked.len()), 1);
    w.key(Key::F10);
    w.click("深色");
    w.click("高对比");
    w.expect("浅色");
}

#[test]
fn training_leaves_no_trace_but_its_two_events() {
    let mut w = open();
    w.start_selling();
    w.menu("训练模式");
    w.key(Key::Escape);
    w.expect("训练：不作凭证");
    w.type_text("100");
    w.key(Key::Enter);
    w.scan(RICE);
    w.scan(&card_number(0));
    w.type_text("+");
    w.key(Key::Enter);
    w.expect("收款完成");
    w.key(Key::Enter);
    w.menu("结束训练");
    w.key(Key::Escape);
    assert_eq!(w.till_sales(), 0);
    assert_eq!(w.events("training").len(), 2);
    w.wait_for("the upload", |snap| snap.status.unsent == 0);
    assert!(w.lab.claims().is_empty());
    let trained = tests::files(&w.till.join("training").join("paper"));
    let text = trained.iter().find(|(path, _)| path.extension().is_some_and(|e| e == "txt")).unwrap();
    assert!(String::from_utf8_lossy(&text.1).contains("训练 不作凭证"));
}

#[test]
fn what_is_left_is_printed_without_a_sale() {
    let mut w = open();
    w.start_selling();
    w.scan(&card_number(0));
    w.key(Key::F2);
    w.type_text("p");
    let paper = w.papers().pop().unwrap();
    assert!(paper.contains("优惠额度查询") && paper.contains("剩余"), "{paper}");
    let name = w.snapshot(|snap| snap.family.as_ref().unwrap().name.clone());
    assert!(!paper.contains(&name) && !paper.contains("低保"), "{paper}");
}
