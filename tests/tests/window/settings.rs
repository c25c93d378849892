//! The store's settings, and how a refund goes back: by keys alone and by touch alone.

use domain::money::Money;
use domain::tender::CashRounding;
use eframe::egui::Key;
use store::Store;

use crate::harness::{Window, open};

const RICE: &str = "6900000000014";

impl Window {
    fn kept(&self, name: &str) -> Option<String> {
        Store::open(&self.till).unwrap().setting(name).unwrap()
    }

    /// Rice, paid by WeChat.
    fn sell_by_wechat(&mut self) {
        self.scan(RICE);
        self.type_text("+");
        self.type_text("b");
        self.key(Key::Enter);
        self.expect("收款完成");
        self.key(Key::Enter);
    }
}

#[test]
fn the_stores_settings_by_keys_alone() {
    let mut w = open();
    w.start_selling();
    w.key(Key::F10);
    w.type_text("2");
    w.type_text("9999");
    w.key(Key::Enter);
    w.expect("门店设置 · 店长 m1");
    w.type_text("1..5");
    w.key(Key::Enter);
    w.expect("请填写金额");
    w.type_text("2.50");
    w.key(Key::ArrowDown);
    w.type_text("b");
    w.key(Key::ArrowDown);
    w.type_text("b");
    w.key(Key::ArrowDown);
    w.type_text("0537-123");
    w.key(Key::ArrowDown);
    w.key(Key::ArrowDown);
    w.type_text("周三会员日");
    w.key(Key::Enter);
    w.expect("已经保存");
    assert!(!w.has("门店设置 · 店长 m1"));
    w.snapshot(|snap| {
        assert_eq!((snap.waive_up_to, snap.rounding), (Money::from_fen(250), CashRounding::JiaoDown));
        assert_eq!(snap.note, "周三会员日");
    });
    assert_eq!(w.kept("cash_refunds").as_deref(), Some("as_paid"));
    assert_eq!(w.kept("phone").as_deref(), Some("0537-123"));
    assert_eq!(w.kept("store_name").as_deref(), Some("和平路店"), "what nobody changed stays");
    // A cashier's choice is gone, and the money goes back by WeChat.
    w.sell_by_wechat();
    w.key(Key::F6);
    w.type_text("1");
    w.key(Key::Enter);
    assert!(!w.has("退现金"));
    w.type_text("1");
    w.key(Key::Enter);
    w.expect("退微信 ¥41.40");
}

#[test]
fn the_stores_settings_by_touch_alone() {
    let mut w = open();
    w.start_selling();
    for label in ["菜单", "门店设置", "0", "0", "0", "0", "批准"] {
        w.click(label);
    }
    assert!(!w.has("门店设置 · 店长"), "a wrong PIN opens nothing");
    w.click("返回");
    for label in ["菜单", "门店设置", "9", "9", "9", "9", "批准", "3", "保存"] {
        w.click(label);
    }
    w.expect("已经保存");
    for label in ["菜单", "门店设置", "9", "9", "9", "9", "批准", "现金抹零", "四舍五入到角"] {
        w.click(label);
    }
    for label in ["小票上的电话", "8", "8", "保存"] {
        w.click(label);
    }
    w.snapshot(|snap| assert_eq!((snap.waive_up_to, snap.rounding), (Money::from_fen(300), CashRounding::JiaoHalfUp)));
    assert_eq!(w.kept("phone").as_deref(), Some("88"));
    // Nothing changed: the page closes and asks for nothing. And Esc backs out.
    for label in ["菜单", "门店设置", "9", "9", "9", "9", "批准", "保存"] {
        w.click(label);
    }
    assert!(!w.has("门店设置 · 店长"));
    for label in ["菜单", "门店设置", "9", "9", "9", "9", "批准"] {
        w.click(label);
    }
    w.expect("门店设置 · 店长 m1");
    w.key(Key::Escape);
    assert!(!w.has("门店设置 · 店长"));
}

#[test]
fn a_refund_goes_back_as_it_was_paid_or_in_cash_by_choice() {
    let mut w = open();
    w.start_selling();
    w.scan(RICE);
    w.type_text("2*");
    w.key(Key::Enter);
    w.type_text("+");
    w.type_text("b");
    w.key(Key::Enter);
    w.key(Key::Enter);
    // By touch, in cash.
    for label in ["退货", "1", "找小票", "＋ 杏坛东北大米 5kg", "退现金", "退货"] {
        w.click(label);
    }
    w.expect("退现金 ¥41.40");
    w.click("好了");
    // By keys, and then back to how it was paid.
    w.key(Key::F6);
    w.type_text("1");
    w.key(Key::Enter);
    w.type_text("1fe");
    w.key(Key::Enter);
    w.expect("退微信 ¥41.40");
    w.key(Key::Enter);
    w.key(Key::F10);
    w.click("班次汇总（X）");
    w.expect("退款方式");
}

#[test]
fn a_machine_without_windows_offers_no_print_queue() {
    let mut w = open();
    w.start_selling();
    for label in ["菜单", "打印机", "改地址"] {
        w.click(label);
    }
    w.expect("网口");
    assert_eq!(w.has("打印队列"), cfg!(windows));
}
