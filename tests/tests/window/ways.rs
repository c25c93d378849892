//! Everything that a cashier does, by touch alone and by keys alone.

use eframe::egui::{Key, Role};
use egui_kittest::kittest::Queryable as _;
use tests::{card_number, id_number};

use crate::harness::{Window, open};

const RICE: &str = "6900000000014";

impl Window {
    fn touch_all<'a>(&mut self, labels: impl IntoIterator<Item = &'a str>) {
        for label in labels {
            self.click(label);
        }
    }

    fn touch_figures(&mut self, figures: &str) {
        for figure in figures.chars() {
            self.click(&figure.to_string());
        }
    }
}

#[test]
fn a_day_by_touch_alone() {
    let mut w = open();
    w.click("c1");
    w.touch_figures("1234");
    w.click("登录");
    w.touch_figures("200");
    w.click("开班");
    // Goods by their initials, without a keyboard.
    w.click("查商品");
    w.click("键盘 品名、拼音首字母、编号");
    w.touch_figures("xtdb");
    w.click("杏坛东北大米 5kg");
    assert_eq!(w.lines(), 1);
    w.click("＋");
    // Parked and fetched again.
    w.click("挂单");
    assert_eq!(w.lines(), 0);
    w.click("取单");
    assert_eq!(w.lines(), 1);
    w.click("核验");
    w.touch_figures(&id_number(0));
    w.click("核验");
    w.expect("已核验");
    w.click("收款");
    w.click("¥100.00");
    w.click("确认收款");
    w.expect("收款完成");
    w.click("下一位");
    // Goods come back against the receipt's last figure.
    w.touch_all(["退货", "1", "找小票", "＋ 杏坛东北大米 5kg", "买错了"]);
    let take_back = w.place("换同样的");
    assert!(take_back.x > 0.0);
    w.click("退货");
    w.expect("退货完成");
    w.click("好了");
    w.touch_all(["菜单", "现金存入", "5", "0", "补零钱", "确定"]);
    w.expect("已存入 ¥50.00");
    w.touch_all(["菜单", "现金取出", "1", "0", "0", "上交营业款", "确定"]);
    w.touch_all(["9", "9", "9", "9", "批准"]);
    w.expect("已取出 ¥100.00");
    w.touch_all(["菜单", "班次汇总（X）", "好了"]);
    w.touch_all(["菜单", "锁屏"]);
    w.expect("已锁屏");
    w.click("c1");
    w.touch_figures("1234");
    w.click("登录");
    w.touch_all(["菜单", "看小票、补打"]);
    let number = w.snapshot(|snap| snap.last.clone()).unwrap().number;
    w.click(&number);
    w.click("补打");
    w.expect("补打第 1 次");
    w.click("返回");
    w.touch_all(["菜单", "交班"]);
    w.touch_figures("150");
    w.click("交班");
    if w.has("点到的和应有的不一样") {
        w.touch_all(["原因不明", "确定"]);
    }
    w.expect("交班完成");
    w.click("好了");
    w.expect("备用金");
}

#[test]
fn a_day_by_keys_alone() {
    let mut w = open();
    w.key(Key::ArrowDown);
    w.type_text("1234");
    w.key(Key::Enter);
    w.type_text("200");
    w.key(Key::Enter);
    w.type_text("xtdb");
    w.key(Key::Enter);
    assert_eq!(w.lines(), 1);
    w.type_text("2*");
    w.key(Key::Enter);
    w.key(Key::F2);
    w.type_text(&id_number(0));
    w.key(Key::Enter);
    w.expect("已核验");
    // The household's page: its first programme is left out and used again.
    w.key(Key::F2);
    w.type_text("1");
    w.type_text("1");
    w.key(Key::Enter);
    w.key(Key::F3);
    assert_eq!(w.lines(), 0);
    w.key(Key::F4);
    assert_eq!(w.lines(), 1);
    w.type_text("+");
    w.type_text("a100");
    w.key(Key::Enter);
    w.expect("收款完成");
    w.key(Key::Enter);
    w.key(Key::F6);
    w.type_text("1");
    w.key(Key::Enter);
    w.type_text("1b");
    w.key(Key::Enter);
    w.expect("退货完成");
    w.key(Key::Enter);
    w.row_by_letter("现金存入");
    w.type_text("50a");
    w.key(Key::Enter);
    w.expect("已存入 ¥50.00");
    w.row_by_letter("现金取出");
    w.type_text("100a");
    w.key(Key::Enter);
    w.type_text("9999");
    w.key(Key::Enter);
    w.expect("已取出 ¥100.00");
    w.row_by_letter("班次汇总（X）");
    w.type_text("p");
    w.key(Key::Enter);
    w.key(Key::F12);
    w.expect("已锁屏");
    w.type_text("1234");
    w.key(Key::Enter);
    w.row_by_letter("看小票、补打");
    w.key(Key::ArrowDown);
    w.expect("小票的样子");
    w.key(Key::Enter);
    w.expect("补打第 1 次");
    w.key(Key::Escape);
    w.row_by_letter("交班");
    w.type_text("150");
    w.key(Key::Enter);
    if w.has("点到的和应有的不一样") {
        w.type_text("d");
        w.key(Key::Enter);
    }
    w.expect("交班完成");
    w.key(Key::Enter);
    w.expect("备用金");
}

impl Window {
    /// Opens a row of the menu by the letter that stands on it.
    fn row_by_letter(&mut self, row: &str) {
        self.key(Key::F10);
        let rows = [("看小票、补打", "a"), ("班次汇总（X）", "b"), ("交班", "c"), ("现金存入", "q"), ("现金取出", "r")];
        let letter = rows.iter().find(|(name, _)| *name == row).map(|(_, letter)| *letter).unwrap();
        self.expect(row);
        self.type_text(letter);
    }
}

#[test]
fn letters_are_written_without_a_keyboard() {
    let mut w = open();
    w.start_selling();
    // The number of a card that has letters.
    w.click("核验");
    w.touch_all(["看号码", "ABC", "J", "H", "-", "123", "7"]);
    w.expect("号码 JH-7");
    w.click("返回");
    // Another till's receipt.
    w.touch_all(["退货", "S001-", "0", "2", "-", "ABC", "A"]);
    w.expect("小票号 S001-02-A");
    w.touch_all(["123", "返回"]);
    // A printer's address.
    w.touch_all(["菜单", "打印机", "改地址", "网口", "键盘 地址和端口"]);
    w.touch_figures("10.0.0.7:9100");
    let field = w.harness.get_by_role_and_label(Role::TextInput, "地址和端口").value();
    assert_eq!(field.as_deref(), Some("10.0.0.7:9100"));
}

#[test]
fn a_household_is_chosen_and_left_by_keys() {
    let mut w = open();
    w.start_selling();
    w.scan(RICE);
    w.scan(&card_number(crate::harness::PROXY));
    w.expect("这次为哪一户购买");
    w.type_text("2");
    w.expect("已核验");
    w.key(Key::F2);
    w.type_text("x");
    w.expect("还没有核验家庭");
}
