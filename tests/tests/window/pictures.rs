//! Every screen as a picture, compared with the one that was last looked at. `UPDATE_SNAPSHOTS=1`
//! takes new ones. With `JIHUI_PICTURES` naming a folder, the manuals' pictures are written there.

use eframe::egui::{Key, Rect};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use egui_kittest::{SnapshotOptions, SnapshotResults};
use pos::app::theme::Theme;
use tests::card_number;

use crate::harness::{PROXY, Window, open};
use crate::start::bare;

const RICE: &str = "6900000000014";

/// A screen by its name, and how to get there from the one before.
type Step = (&'static str, fn(&mut Window));

/// A day at the till, screen by screen.
const DAY: [Step; 22] = [
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
        w.type_text("mn");
    }),
    ("sale", |w| {
        w.key(Key::Escape);
        w.scan(RICE);
        w.scan("6900000000991");
        w.scan("10001");
        w.type_text("10001");
        w.key(Key::Enter);
        w.type_text("1.235*");
        w.scan(&card_number(0));
    }),
    ("family", |w| w.key(Key::F2)),
    ("verify", |w| {
        w.key(Key::Escape);
        let leave = w.snapshot(|_| ["退出核验", "End verification"]);
        let label = leave.into_iter().find(|label| w.has(label)).unwrap();
        w.click(label);
        w.key(Key::F2);
        w.type_text("370899");
    }),
    ("refusal", |w| {
        w.key(Key::Escape);
        w.scan("6999999999994");
    }),
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
    ("receipts", |w| {
        let button = ["看小票、补打", "Receipt"].into_iter().find(|label| w.has(label)).unwrap();
        w.click(button);
    }),
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
        w.key(Key::F10);
        let button = ["交班", "Close the shift"].into_iter().find(|label| w.has(label)).unwrap();
        w.click(button);
        w.type_text("290");
    }),
    ("report", |w| w.key(Key::Enter)),
];

/// Screens that the manuals show.
const SHOWN: [&str; 7] = ["sign-in", "sale", "family", "verify", "pay", "done", "receipts"];

#[test]
fn a_day_in_chinese_and_light() {
    day("zh-light", "zh", Theme::Light);
}

#[test]
fn a_day_in_english_and_dark() {
    day("en-dark", "en", Theme::Dark);
}

fn day(name: &str, language: &str, theme: Theme) {
    let mut w = open();
    w.look(language, theme);
    let mut results = SnapshotResults::new();
    for (step, go) in DAY {
        go(&mut w);
        w.take(&mut results, &format!("{name}/{step}"));
        if name == "zh-light" && SHOWN.contains(&step) {
            w.keep(&format!("till-{step}"));
        }
    }
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

impl Window {
    /// A language and a theme, as the menu sets them.
    fn look(&mut self, language: &str, theme: Theme) {
        let ctx = self.harness.ctx.clone();
        self.harness.state().borrow_mut().as_mut().unwrap().show_in(&ctx, language, theme);
        self.settle();
    }

    /// Compares the screen with its picture. What differs from day to day is covered.
    fn take(&mut self, results: &mut SnapshotResults, name: &str) {
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
