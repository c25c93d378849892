//! Whole sales.

use eframe::egui::Key;
use egui_kittest::kittest::Queryable as _;
use tests::{card_number, id_number};

use crate::harness::{PROXY, open, proxy_name};

const RICE: &str = "6900000000014";

#[test]
fn a_discounted_sale_by_keys_alone() {
    let mut w = open();
    w.key(Key::ArrowDown);
    w.type_text("1234");
    w.key(Key::Enter);
    w.type_text("200");
    w.key(Key::Enter);
    w.scan(RICE);
    w.type_text("2*");
    w.key(Key::Enter);
    w.key(Key::F2);
    w.type_text(&id_number(0));
    w.key(Key::Enter);
    w.expect("已核验");
    w.expect("惠民优惠");
    let (due, discount) = w.totals();
    assert_ne!(discount, "0.00");
    w.type_text("+");
    w.key(Key::Enter);
    w.expect("收款完成");
    let last = w.snapshot(|snap| snap.last.clone()).unwrap();
    assert_eq!((last.totals.due.to_string(), last.change.to_string()), (due, "0.00".into()));
    assert_eq!(last.claims.len(), 1);
    w.wait_for("the upload", |snap| snap.status.unsent == 0);
    assert_eq!(w.lab.claims()[0]["state"], "accepted");
}

#[test]
fn a_discounted_sale_by_touch_alone() {
    let mut w = open();
    w.click("c1");
    for digit in ["1", "2", "3", "4", "登录"] {
        w.click(digit);
    }
    w.click("开班");
    w.click("查商品");
    w.fill("品名、拼音首字母、编号", "鲜鸡蛋");
    w.click("孔府里鲜鸡蛋 30枚");
    w.click("＋");
    w.click("核验");
    for digit in card_number(0).chars() {
        w.click(&digit.to_string());
    }
    w.click("核验");
    w.expect("已核验");
    w.click("收款");
    w.click("¥100.00");
    w.expect("找零");
    w.click("确认收款");
    w.expect("收款完成");
    w.click("下一位");
    w.expect("请扫第一件商品");
}

#[test]
fn pinyin_initials_and_plu_find_goods() {
    let mut w = open();
    w.start_selling();
    w.type_text("xtdbdm");
    w.key(Key::Enter);
    w.expect("杏坛东北大米 5kg");
    w.type_text("10001");
    w.key(Key::Enter);
    w.expect("大白菜");
    assert_eq!(w.lines(), 2);
}

#[test]
fn a_programme_is_declined_and_taken_back_and_a_purse_pays() {
    let mut w = open();
    w.start_selling();
    w.scan(RICE);
    w.scan(&card_number(0));
    let (_, with) = w.totals();
    w.key(Key::F2);
    let codes = w.snapshot(|snap| snap.family.as_ref().unwrap().programmes.len());
    assert!(codes > 0);
    for _ in 0..codes {
        if let Some(button) = w.harness.query_all_by_label("这次不用").next() {
            button.click();
        }
        w.settle();
    }
    assert_eq!(w.totals().1, "0.00");
    while w.has("恢复") {
        w.harness.query_all_by_label("恢复").next().unwrap().click();
        w.settle();
    }
    assert_eq!(w.totals().1, with);
    w.key(Key::Escape);
    let purse = w.snapshot(|snap| snap.family.as_ref().unwrap().programmes.iter().any(|p| p.is_purse()));
    if purse {
        w.harness.query_all_by_label("使用").next().unwrap().click();
        w.settle();
        w.expect("爱心卡支付");
    }
}

#[test]
fn a_person_who_shops_for_two_households_chooses_one() {
    let mut w = open();
    w.start_selling();
    w.scan(RICE);
    w.scan(&card_number(PROXY));
    w.expect("这次为哪一户购买？");
    w.click(&proxy_name());
    w.expect("已核验");
}

#[test]
fn payment_is_split_and_nothing_is_paid_twice() {
    let mut w = open();
    w.start_selling();
    w.scan(RICE);
    w.type_text("+");
    w.type_text("b10");
    w.expect("请在扫码盒或收款码收 ¥10.00");
    w.key(Key::Enter);
    w.expect("还差 ¥31.40");
    // A payment code that is scanned here collects nothing.
    w.scan("134567890123456789");
    w.expect("这里扫付款码收不到钱");
    w.type_text("a50");
    // A nervous finger: the second Enter finds nothing to pay.
    w.harness.key_press(Key::Enter);
    w.harness.key_press(Key::Enter);
    w.settle();
    w.settle();
    let last = w.snapshot(|snap| snap.last.clone()).unwrap();
    assert_eq!(last.change.to_string(), "18.60");
    assert!(last.claims.is_empty());
    w.wait_for("the upload", |snap| snap.status.unsent == 0);
    assert!(w.lab.claims().is_empty());
    assert_eq!(w.till_sales(), 1);
}

#[test]
fn baskets_wait_and_come_back_and_are_dropped() {
    let mut w = open();
    w.start_selling();
    w.scan(RICE);
    w.key(Key::F3);
    assert_eq!(w.lines(), 0);
    w.scan("6900000000991");
    w.key(Key::F3);
    w.key(Key::F4);
    w.expect("1 号 · 1 种商品");
    w.type_text("1");
    assert_eq!(w.lines(), 1);
    w.expect("杏坛东北大米 5kg");
    w.key(Key::Delete);
    assert_eq!(w.lines(), 0);
    w.key(Key::F4);
    w.expect("鲜鸡蛋");
    w.key(Key::F7);
    w.expect("整单取消？");
    w.key(Key::Escape);
    assert_eq!(w.lines(), 1);
    w.key(Key::F7);
    w.key(Key::Enter);
    assert_eq!(w.lines(), 0);
}

#[test]
fn goods_come_back_and_a_receipt_is_looked_at_and_printed_again() {
    let mut w = open();
    w.start_selling();
    w.scan(RICE);
    w.scan(&card_number(0));
    w.type_text("+");
    w.key(Key::Enter);
    w.key(Key::F6);
    w.type_text("1");
    w.key(Key::Enter);
    w.expect("退货 S001-01");
    w.click("＋ 杏坛东北大米 5kg");
    w.key(Key::Enter);
    w.expect("退货完成");
    w.key(Key::Enter);
    w.key(Key::F10);
    w.click("看小票、补打");
    let number = w.snapshot(|snap| snap.last.clone()).unwrap().number;
    w.click(&number);
    w.expect("小票的样子");
    w.click("补打");
    w.expect("补打第 1 次");
}

#[test]
fn a_shift_is_counted_and_the_language_changes() {
    let mut w = open();
    w.start_selling();
    w.scan(RICE);
    w.type_text("+");
    w.key(Key::Enter);
    w.key(Key::F10);
    w.click("English");
    w.expect("Close the shift");
    w.click("Close the shift");
    w.type_text("241.40");
    w.key(Key::Enter);
    w.expect("The shift is closed");
    w.expect("Over (+) or short (−) 0.00");
    w.key(Key::Enter);
    w.expect("Open the shift");
}

#[test]
fn refusals_say_what_to_do_and_lose_nothing() {
    let mut w = open();
    w.click("c1");
    w.type_text("9999");
    w.key(Key::Enter);
    w.expect("工号或密码不对，请重新输入。");
    w.type_text("1234");
    w.key(Key::Enter);
    w.key(Key::Enter);
    w.scan(RICE);
    w.scan("6999999999994");
    w.expect("没有找到商品 6999999999994，请核对条码");
    w.key(Key::F2);
    w.type_text("370899194001010007");
    w.key(Key::Enter);
    w.expect("号码不对，请再看一遍证件或卡");
    w.key(Key::Escape);
    w.type_text("0*");
    w.expect("数量“0”不对");
    assert_eq!((w.lines(), w.totals().0.as_str()), (1, "41.40"));
}

#[test]
fn without_headquarters_the_till_sells_on() {
    let mut w = open();
    w.start_selling();
    w.server.take().unwrap().kill();
    w.scan(RICE);
    w.scan(&card_number(0));
    w.expect("已核验");
    w.type_text("+");
    w.key(Key::Enter);
    w.expect("收款完成");
    w.expect("申报已存好，联网即上传");
    w.wait_for("the queue", |snap| snap.status.unsent > 0);
}
