//! Every screen as a picture, compared with the one that was last looked at. `UPDATE_SNAPSHOTS=1`
//! takes new ones. With `JIHUI_PICTURES` naming a folder, the manuals' pictures are written there.

use eframe::egui::{Key, Rect};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use egui_kittest::{SnapshotOptions, SnapshotResults};
use pos::app::theme::Theme;
use tests::card_number;

use crate::devices::Played;
use crate::harness::{PROXY, Window, open, open_with};
use crate::start::bare;

const RICE: &str = "6900000000014";
const EGGS: &str = "6900000000991";

/// A screen by its name, and how to get there from the one before.
pub type Step = (&'static str, fn(&mut Window));

/// A day at the till, screen by screen.
pub const DAY: [Step; 24] = [
    ("sign-in", |w| {
        w.wait_for("the first sync", |snap| snap.status.online && snap.status.unsent == 0);
        w.click("c1");
        w.type_text("12");
    }),
    ("shift", |w| {
        w.type_text("34");
        w.key(Key::Enter);
    }),
    ("empty", |w| {
        w.type_text("200");
        w.key(Key::Enter);
    }),
    ("typing", |w| {
        w.scan(RICE);
        w.type_text("xt");
    }),
    ("sale", |w| {
        w.key(Key::Escape);
        w.scan(RICE);
        w.scan(EGGS);
        w.type_text("0.8*10001");
        w.key(Key::Enter);
        w.type_text("1.235*10001");
        w.key(Key::Enter);
        w.scan(&card_number(0));
    }),
    ("family", |w| w.key(Key::F2)),
    ("verify", |w| {
        w.key(Key::Escape);
        w.key(Key::F2);
        w.type_text("x");
        w.key(Key::F2);
        w.type_text("370899");
    }),
    ("refusal", |w| {
        w.key(Key::Escape);
        w.scan("134567890123456789");
    }),
    ("unknown", |w| w.scan("6999999999994")),
    ("pay", |w| {
        w.scan(&card_number(0));
        w.type_text("+");
        w.type_text("150");
    }),
    ("pay-wechat", |w| {
        w.type_text("b");
    }),
    ("done", |w| {
        w.type_text("a200");
        w.key(Key::Enter);
        w.wait_for("the upload", |snap| snap.status.unsent == 0 && snap.status.unprinted == 0);
    }),
    ("receipts", |w| w.click_one(["看小票、补打", "Receipt"])),
    ("return", |w| {
        w.key(Key::Escape);
        w.key(Key::F6);
        w.type_text("1");
        w.key(Key::Enter);
    }),
    ("search", |w| {
        w.key(Key::Escape);
        w.key(Key::F8);
        let name = ["品名、拼音首字母、编号", "name, pinyin initials or number"];
        let name = name.into_iter().find(|label| w.has(label)).unwrap();
        w.fill(name, "大米");
    }),
    ("menu", |w| {
        w.key(Key::Escape);
        w.key(Key::F10);
    }),
    ("help", |w| {
        w.key(Key::Escape);
        w.key(Key::F1);
    }),
    ("quantity", |w| {
        w.key(Key::Escape);
        w.scan(RICE);
        w.type_text("*");
    }),
    ("clear", |w| {
        w.key(Key::Escape);
        w.key(Key::F7);
    }),
    ("parked", |w| {
        w.key(Key::Escape);
        w.key(Key::F3);
        w.scan(RICE);
        w.key(Key::F3);
        w.key(Key::F4);
    }),
    ("choose", |w| {
        w.key(Key::Escape);
        w.scan(&card_number(PROXY));
    }),
    ("count", |w| {
        w.key(Key::Escape);
        w.menu_one(["交班", "Close the shift"]);
        w.type_text("290");
    }),
    ("count-differs", |w| w.key(Key::Enter)),
    ("report", |w| {
        w.type_text("d");
        w.key(Key::Enter);
        w.wait_for("paper and upload", |snap| snap.status.unsent == 0 && snap.status.unprinted == 0);
    }),
];

/// What a counter has beside sales.
pub const COUNTER: [Step; 24] = [
    ("cash", |w| {
        w.sell();
        w.menu_one(["现金取出", "Take cash out"]);
        w.type_text("100");
    }),
    ("slip", |w| {
        w.key(Key::Escape);
        w.menu_one(["补录手工单", "Enter a manual slip"]);
        w.scan("M-S001-01-0001");
        w.key(Key::Enter);
        w.type_text("20261123");
    }),
    ("no-receipt", |w| {
        w.key(Key::Escape);
        w.key(Key::F6);
        w.type_text("*");
        w.scan(EGGS);
    }),
    ("drawer", |w| {
        w.key(Key::Escape);
        w.key(Key::F9);
    }),
    ("keys", |w| {
        w.key(Key::Escape);
        w.menu_one(["按键设置", "Keys"]);
        w.click_one(["挂单", "Park"]);
    }),
    ("printers", |w| {
        w.key(Key::Escape);
        w.menu_one(["打印机", "Printer"]);
    }),
    ("settings", |w| {
        w.key(Key::Escape);
        w.menu_one(["门店设置", "Store settings"]);
        w.type_text("9999");
        w.key(Key::Enter);
    }),
    ("scanner", |w| {
        w.key(Key::Escape);
        w.menu_one(["设备", "Devices"]);
        w.scan(RICE);
    }),
    ("labels", |w| {
        w.type_text("l");
        w.scan(&label("211000101235"));
    }),
    ("goods", |w| {
        w.key(Key::Escape);
        w.open_shelf();
        w.type_text("xtdbdm");
    }),
    ("product", |w| {
        w.key(Key::Enter);
        w.type_text("39.90");
    }),
    ("promotion", |w| {
        w.key(Key::F8);
        w.key(Key::ArrowDown);
        w.type_text("38");
    }),
    ("promotions", |w| {
        w.key(Key::Enter);
        w.key(Key::F2);
    }),
    ("staff", |w| w.key(Key::F3)),
    ("weigh", |w| {
        w.key(Key::Escape);
        w.type_text("10001");
        w.key(Key::Enter);
        w.type_text("1.235");
    }),
    ("price", |w| {
        w.key(Key::Enter);
        w.scan(RICE);
        w.key(Key::F5);
        w.type_text("30c");
    }),
    ("approve", |w| {
        w.key(Key::Enter);
        w.type_text("999");
    }),
    ("by-hand", |w| {
        w.type_text("9");
        w.key(Key::Enter);
    }),
    ("waive", |w| {
        w.type_text("+");
        w.type_text("-");
        w.type_text("0.40");
    }),
    ("check", |w| {
        w.key(Key::Escape);
        w.key(Key::Escape);
        w.key(Key::F11);
        w.scan(RICE);
    }),
    ("lock", |w| {
        w.key(Key::Escape);
        w.key(Key::F12);
    }),
    ("training", |w| {
        w.click("c1");
        w.type_text("1234");
        w.key(Key::Enter);
        w.key(Key::F7);
        w.key(Key::Enter);
        w.menu_one(["训练模式", "Training"]);
        w.type_text("100");
        w.key(Key::Enter);
        w.scan(RICE);
        w.scan(&card_number(0));
    }),
    ("beside", |w| {
        w.key(Key::F7);
        w.key(Key::Enter);
        w.menu_one(["结束训练", "End training"]);
        w.menu_one(["改为旁挂在收银机边", "Stand beside another till"]);
        w.type_text("9999");
        w.key(Key::Enter);
        w.scan(RICE);
        w.scan(&card_number(0));
        w.type_text("+");
        w.type_text("H-7788");
    }),
    ("beside-done", |w| {
        w.key(Key::Enter);
        w.wait_for("the upload", |snap| snap.status.unsent == 0 && snap.status.unprinted == 0);
    }),
];

/// Screens that the manuals show.
const SHOWN: [&str; 24] = [
    "sign-in",
    "sale",
    "family",
    "verify",
    "unknown",
    "pay",
    "done",
    "receipts",
    "menu",
    "count-differs",
    "cash",
    "slip",
    "keys",
    "printers",
    "labels",
    "goods",
    "promotion",
    "price",
    "approve",
    "check",
    "lock",
    "training",
    "beside",
    "help",
];

#[test]
fn a_day_in_chinese_and_light() {
    walk("zh-light", "zh", Theme::Light, &DAY);
}

#[test]
fn a_day_in_english_and_dark() {
    walk("en-dark", "en", Theme::Dark, &DAY);
}

#[test]
fn a_counter_in_chinese_and_light() {
    walk("zh-light", "zh", Theme::Light, &COUNTER);
}

#[test]
fn a_counter_in_english_and_dark() {
    walk("en-dark", "en", Theme::Dark, &COUNTER);
}

fn walk(name: &str, language: &str, theme: Theme, steps: &[Step]) {
    let mut w = open();
    w.look(language, theme);
    let mut results = SnapshotResults::new();
    for (step, go) in steps {
        go(&mut w);
        w.take(&mut results, &format!("{name}/{step}"));
        if name == "zh-light" && SHOWN.contains(step) {
            w.keep(&format!("till-{step}"));
        }
    }
}

#[test]
fn a_scale_and_what_customers_see() {
    let mut scale = Played::start(&["--kind", "scale", "--protocol", "cas"]);
    let mut w = open_with(&[("device_scale".into(), format!("{}?protocol=cas", scale.address))]);
    w.look("zh", Theme::Light);
    w.sell();
    scale.act("weigh 1235");
    w.type_text("10001");
    w.key(Key::Enter);
    w.wait_for("a steady weight", |snap| snap.weight.is_some_and(|weight| weight.is_steady));
    w.type_text("s");
    w.keep("till-weigh");
    w.key(Key::Escape);
    w.menu_one(["设备", "Devices"]);
    w.type_text("3");
    w.wait_for("a steady weight", |snap| snap.weight.is_some_and(|weight| weight.is_steady));
    w.keep("till-devices");
    w.key(Key::Escape);
    w.menu_one(["顾客屏：关", "Customers' screen: off"]);
    w.key(Key::Escape);
    w.scan(RICE);
    w.scan(&card_number(0));
    w.scan(EGGS);
    w.expect("应收 ¥");
    w.keep("customer-sale");
}

#[test]
fn high_contrast() {
    let mut w = open();
    w.look("zh", Theme::Contrast);
    let mut results = SnapshotResults::new();
    w.sell();
    w.scan(RICE);
    w.scan(EGGS);
    w.scan(&card_number(0));
    w.take(&mut results, "zh-contrast/sale");
    w.keep("till-contrast");
}

#[test]
fn the_first_start() {
    let mut results = SnapshotResults::new();
    for (name, language, theme) in [("zh-light", "zh", Theme::Light), ("en-dark", "en", Theme::Dark)] {
        let (mut w, _) = bare();
        w.look(language, theme);
        w.take(&mut results, &format!("{name}/setup"));
        let next = ["下一步", "Next"].into_iter().find(|label| w.has(label)).unwrap();
        w.click(next);
        w.take(&mut results, &format!("{name}/setup-headquarters"));
        if language == "zh" {
            w.keep("till-setup");
        }
    }
}

/// A label of the shop's scale, with its check digit.
fn label(digits: &str) -> String {
    format!("{digits}{}", char::from(domain::barcode::check_digit(digits)))
}

impl Window {
    /// Signs in and opens the shift, in either language.
    pub fn sell(&mut self) {
        self.wait_for("the first sync", |snap| snap.status.online && snap.status.unsent == 0);
        self.click("c1");
        self.type_text("1234");
        self.key(Key::Enter);
        self.type_text("200");
        self.key(Key::Enter);
        self.wait_for("the upload", |snap| snap.status.unsent == 0);
    }

    /// Clicks the button that has one of these names.
    pub fn click_one(&mut self, names: [&str; 2]) {
        let name = names.into_iter().find(|name| self.has(name)).unwrap_or(names[0]);
        self.click(name);
    }

    /// Opens an entry of the menu.
    pub fn menu_one(&mut self, names: [&str; 2]) {
        self.key(Key::F10);
        self.click_one(names);
    }

    /// A manager opens goods and prices.
    fn open_shelf(&mut self) {
        self.key(Key::F10);
        self.type_text("g");
        self.type_text("9999");
        self.key(Key::Enter);
    }

    /// A language and a theme, as the menu sets them.
    pub fn look(&mut self, language: &str, theme: Theme) {
        let ctx = self.harness.ctx.clone();
        self.harness.state().borrow_mut().as_mut().unwrap().show_in(&ctx, language, theme);
        self.settle();
    }

    /// Compares the screen with its picture. What differs from day to day is covered.
    fn take(&mut self, results: &mut SnapshotResults, name: &str) {
        // What is on its way to headquarters or to paper stands on the status line for a moment.
        self.wait_for("a quiet status line", |snap| snap.status.unsent == 0 && snap.status.unprinted == 0);
        self.harness.remove_cursor();
        self.settle();
        for rect in self.volatile() {
            self.harness.mask(rect);
        }
        // A covered receipt number is as wide as its letters; a button that is gone is thousands of dots.
        let options = SnapshotOptions::new().threshold(1.2).max_failed_pixels(600);
        results.add(self.harness.try_snapshot_options(name, &options));
    }

    /// Times, receipt numbers, paths.
    fn volatile(&self) -> Vec<Rect> {
        let is_volatile = |label: &str| {
            let has_time = label
                .as_bytes()
                .windows(5)
                .any(|w| w[2] == b':' && [0, 1, 3, 4].into_iter().all(|i| w[i].is_ascii_digit()));
            has_time
                || label.as_bytes().windows(8).any(|w| w.starts_with(b"20") && w[4] == b'-' && w[7] == b'-')
                || label.contains("S001-01-")
                || label.contains('/')
                || label.contains("小票的样子")
                || label.contains("the receipt on paper")
        };
        let all = self.harness.query_all_by_label_contains("");
        all.filter(|node| {
            let node = node.accesskit_node();
            node.label().or(node.value()).is_some_and(|label| is_volatile(&label))
        })
        .map(|node| node.rect())
        .collect()
    }

    /// Writes the picture for the manuals, where somebody asked for it.
    fn keep(&mut self, name: &str) {
        let Some(dir) = std::env::var_os("JIHUI_PICTURES") else { return };
        self.settle();
        let image = self.harness.render().unwrap();
        image.save(tests::root().join(dir).join(name).with_extension("png")).unwrap();
    }
}
