//! The store's accounts in the window: by keys alone and by touch alone.

use eframe::egui::Key;
use tests::id_number;

use crate::harness::{Window, open};

const RICE: &str = "6900000000014";

impl Window {
    /// Rice for the first family, paid in cash, and sent up.
    fn claim(&mut self) {
        self.scan(RICE);
        self.key(Key::F2);
        self.type_text(&id_number(0));
        self.key(Key::Enter);
        self.wait_for("the household", |snap| snap.screen.open().is_ok_and(|sale| sale.verified.is_some()));
        self.key(Key::Escape);
        self.type_text("+");
        self.key(Key::Enter);
        self.expect("收款完成");
        self.key(Key::Enter);
        self.wait_for("the upload", |snap| snap.status.unsent == 0 && snap.status.sync.rounds > 0);
    }
}

#[test]
fn a_month_is_reconciled_and_signed_by_keys_alone() {
    let mut w = open();
    w.start_selling();
    w.claim();
    w.key(Key::F10);
    w.type_text("1");
    w.type_text("9999");
    w.key(Key::Enter);
    w.expect("店长 m1");
    w.expect("一致 ✓");
    w.key(Key::F2);
    w.expect("已核准");
    w.key(Key::Enter);
    w.expect("核准");
    assert!(!w.has("提出申诉"), "what was granted whole is not disputed");
    w.key(Key::Escape);
    w.key(Key::F3);
    w.expect("还没有入批");
    w.key(Key::F8);
    w.expect("已写好");
    w.expect("签认等待上传");
    w.key(Key::F5);
    w.expect("这个月的申报还没有入批");
    w.key(Key::F1);
    w.expect("这个月没有申报");
    w.key(Key::Escape);
    assert!(!w.has("店长 m1"));
}

#[test]
fn a_month_is_looked_at_by_touch_alone() {
    let mut w = open();
    w.start_selling();
    w.claim();
    w.click("菜单");
    w.click("账目与对账");
    for digit in ["9", "9", "9", "9", "批准"] {
        w.click(digit);
    }
    w.expect("一致 ✓");
    w.click("申报");
    w.expect("已核准");
    w.click("上月");
    w.click("按天");
    w.expect("这个月没有申报");
    w.click("下月");
    w.expect("一致 ✓");
    w.click("返回");
    assert!(!w.has("账目与对账 ·"));
}
