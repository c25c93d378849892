//! Every page at every size of type: what can be pressed is in sight, or can be scrolled there by keys;
//! the main button and what is due are always in sight.

use std::collections::{BTreeMap, HashMap, HashSet};

use eframe::egui::{
    Event, Id, Key, LayerId, Modifiers, MouseWheelSource, MouseWheelUnit, PointerButton, Pos2, Rect, TouchPhase, pos2,
    vec2,
};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use pos::app::theme::Theme;
use tests::card_number;

use crate::harness::{SCREEN, Window, open_sized};
use crate::pictures::{COUNTER, DAY, Step};

/// The small screen that tills still have.
const SMALL: [u16; 2] = [1024, 768];
/// Presses of a key after which a page's end has come.
const PAGES: usize = 14;
/// What the main button of the selling screen says.
const MAIN: [&str; 8] =
    ["收款", "确认收款", "已到账，确认", "惠民凭条", "Pay", "Confirm cash", "Money is in: confirm", "Slip"];
/// How the amount begins that is always in sight there.
const DUE: [&str; 6] = ["应收", "还应收", "收银机减", "Due", "Still due", "Take off"];

impl Window {
    fn screen(&self) -> Rect {
        self.harness.ctx.content_rect()
    }

    /// Accessible names of what can be pressed.
    fn names(&self) -> BTreeMap<u64, String> {
        let all = self.harness.query_all_by_label_contains("");
        all.map(|node| {
            let node = node.accesskit_node();
            (node.locate().0.0, node.label().or(node.value()).unwrap_or_default())
        })
        .collect()
    }

    /// What can be pressed on the page on top: its name, its place, and whether all of it is in sight.
    fn buttons(&self) -> Vec<(Id, LayerId, String, Rect, bool)> {
        let (screen, names) = (self.screen().expand(0.5), self.names());
        let named = |id: Id| names.get(&id.accesskit_id().0).cloned();
        let all = self.touchable().into_iter().filter_map(|(id, layer, rect, seen)| {
            let name = named(id)?;
            let is_whole = screen.contains_rect(rect) && seen.expand(0.5).contains_rect(rect);
            Some((id, layer, name, rect, is_whole))
        });
        all.collect()
    }

    /// Scrolls, which asks the till for nothing.
    fn page(&mut self, key: Key) {
        self.harness.key_press(key);
        self.harness.run_steps(3);
    }

    /// Scrolls back to the beginning.
    fn page_up(&mut self) {
        for _ in 0..PAGES {
            let before = self.buttons();
            self.page(Key::PageUp);
            if self.buttons() == before {
                break;
            }
        }
    }

    /// Scrolls through the page: each button is in sight at some time, and none lies over another.
    fn check_page(&mut self, page: &str) {
        self.page_up();
        let mut waiting: HashMap<Id, String> = HashMap::new();
        let mut seen: HashSet<Id> = HashSet::new();
        for at in 0..PAGES {
            let buttons = self.buttons();
            assert!(!buttons.is_empty(), "{page} has no button");
            for (id, _, name, rect, is_whole) in &buttons {
                if *is_whole {
                    seen.insert(*id);
                } else {
                    waiting.insert(*id, format!("`{name}` at {rect}"));
                }
            }
            self.overlaps(page, &buttons);
            if buttons.iter().all(|(id, ..)| seen.contains(id)) && at > 0 {
                break;
            }
            self.page(Key::PageDown);
        }
        waiting.retain(|id, _| !seen.contains(id));
        assert!(waiting.is_empty(), "{page}: never in sight, with {}: {waiting:?}", self.screen());
        self.page_up();
    }

    fn overlaps(&self, page: &str, buttons: &[(Id, LayerId, String, Rect, bool)]) {
        for (i, (_, layer, name, rect, is_whole)) in buttons.iter().enumerate() {
            for (_, other_layer, other_name, other, other_whole) in &buttons[i + 1..] {
                let shared = rect.intersect(*other);
                let is_over = shared.width() > 1.0 && shared.height() > 1.0;
                let apart = !(layer == other_layer && *is_whole && *other_whole && is_over);
                assert!(apart, "{page}: `{name}` {rect} and `{other_name}` {other} lie over each other");
            }
        }
    }

    /// On the selling screen, main button and amount are wholly in sight without scrolling.
    fn check_main(&self, page: &str) {
        let sells = self.snapshot(|snap| snap.screen.open().is_ok() && !snap.is_locked);
        let is_covered = self.harness.ctx.memory(|memory| memory.top_modal_layer().is_some());
        if !sells || is_covered || self.lines() == 0 {
            return;
        }
        let buttons = self.buttons();
        let main = buttons
            .iter()
            .any(|(_, _, name, rect, is_whole)| MAIN.contains(&name.as_str()) && *is_whole && rect.height() > 50.0);
        assert!(main, "{page}: the main button is not in sight: {buttons:?}");
        let screen = self.screen();
        let all = self.harness.query_all_by_label_contains("");
        let due = all.filter(|node| {
            let node = node.accesskit_node();
            let label = node.label().or(node.value()).unwrap_or_default();
            DUE.iter().any(|due| label.strip_prefix(due).is_some_and(|rest| rest.starts_with(' ')))
        });
        let due: Vec<Rect> = due.map(|node| node.rect()).collect();
        assert!(due.iter().any(|rect| screen.contains_rect(*rect)), "{page}: what is due is not in sight: {due:?}");
    }

    /// A picture to look at, where somebody asked for it.
    fn show(&mut self, name: &str) {
        let Some(dir) = std::env::var_os("JIHUI_SIZES") else { return };
        self.harness.remove_cursor();
        self.settle();
        let image = self.harness.render().unwrap();
        image.save(std::path::Path::new(&dir).join(name.replace('/', "-")).with_extension("png")).unwrap();
    }
}

/// Goes through a day and a counter in one language.
fn pages(language: &str, screen: [u16; 2], percent: u16) {
    for steps in [&DAY[..], &COUNTER[..]] {
        walk(language, screen, percent, steps);
    }
}

fn walk(language: &str, screen: [u16; 2], percent: u16, steps: &[Step]) {
    let mut w = open_sized(&[], (screen, percent));
    w.look(language, Theme::Light);
    for (step, go) in steps {
        go(&mut w);
        let page = format!("{language}-{}-{percent}/{step}", screen[0]);
        w.show(&page);
        w.check_main(&page);
        w.check_page(&page);
    }
}

#[test]
fn chinese_at_100_percent() {
    pages("zh", SCREEN, 100);
}

#[test]
fn chinese_at_125_percent() {
    pages("zh", SCREEN, 125);
}

#[test]
fn chinese_at_150_percent() {
    pages("zh", SCREEN, 150);
}

#[test]
fn chinese_at_175_percent() {
    pages("zh", SCREEN, 175);
}

#[test]
fn chinese_at_200_percent() {
    pages("zh", SCREEN, 200);
}

#[test]
fn english_at_100_percent() {
    pages("en", SCREEN, 100);
}

#[test]
fn english_at_150_percent() {
    pages("en", SCREEN, 150);
}

#[test]
fn english_at_200_percent() {
    pages("en", SCREEN, 200);
}

#[test]
fn a_small_screen_at_100_percent() {
    pages("en", SMALL, 100);
}

#[test]
fn a_small_screen_at_125_percent() {
    pages("zh", SMALL, 125);
}

#[test]
fn a_small_screen_at_150_percent() {
    pages("en", SMALL, 150);
}

/// Where the first command stands on the help page.
fn first_line(w: &Window) -> Pos2 {
    w.place("知道了")
}

#[test]
fn a_long_page_scrolls_by_keys_by_wheel_and_by_touch() {
    let mut w = open_sized(&[], (SCREEN, 200));
    w.start_selling();
    w.key(Key::F10);
    let row = |w: &Window| w.harness.get_by_label("看小票、补打").rect().top();
    let top = row(&w);
    w.key(Key::PageDown);
    let paged = row(&w);
    assert!(paged < top - 20.0, "PgDn moves the menu: {top} {paged}");
    w.key(Key::Home);
    assert_eq!(row(&w), top);
    w.key(Key::ArrowDown);
    assert!(row(&w) < top - 20.0);
    w.key(Key::ArrowUp);
    assert_eq!(row(&w), top);
    w.key(Key::End);
    assert!(row(&w) < paged + 1.0);
    w.key(Key::PageUp);
    w.key(Key::Home);
    let middle = w.screen().center();
    w.harness.event(Event::PointerMoved(middle));
    w.harness.event(Event::MouseWheel {
        unit: MouseWheelUnit::Point,
        delta: vec2(0.0, -80.0),
        phase: TouchPhase::Move,
        modifiers: Modifiers::NONE,
        source: MouseWheelSource::Wheel,
    });
    w.harness.run_steps(60);
    assert!(row(&w) < top - 20.0, "the wheel moves the menu");
    w.key(Key::Home);
    drag(&mut w, middle, pos2(middle.x, middle.y - 90.0));
    assert!(row(&w) < top - 20.0, "a finger moves the menu");
    w.key(Key::Escape);
    w.key(Key::F1);
    let done = first_line(&w);
    w.key(Key::PageDown);
    assert_eq!(first_line(&w), done, "the button stays");
}

/// A finger that moves over the screen.
fn drag(w: &mut Window, from: Pos2, to: Pos2) {
    let id = eframe::egui::TouchId(1);
    let device_id = eframe::egui::TouchDeviceId(1);
    let touch = |phase, pos| Event::Touch { device_id, id, phase, pos, force: None };
    let button = |pos, pressed| Event::PointerButton {
        pos,
        button: PointerButton::Primary,
        pressed,
        modifiers: Modifiers::NONE,
    };
    w.harness.event(touch(TouchPhase::Start, from));
    w.harness.event(Event::PointerMoved(from));
    w.harness.event(button(from, true));
    w.harness.run_steps(2);
    for step in 1..=10u8 {
        let at = from + (to - from) * (f32::from(step) / 10.0);
        w.harness.event(touch(TouchPhase::Move, at));
        w.harness.event(Event::PointerMoved(at));
        w.harness.run_steps(2);
    }
    w.harness.event(touch(TouchPhase::End, to));
    w.harness.event(button(to, false));
    w.harness.event(Event::PointerGone);
    w.harness.run_steps(60);
}

#[test]
fn six_lines_and_a_household_at_200_percent() {
    for (language, percent) in [("zh", 150), ("en", 150), ("zh", 200), ("en", 200)] {
        let mut w = open_sized(&[], (SCREEN, percent));
        w.look(language, Theme::Light);
        w.sell();
        for code in ["6900000000014", "6900000000991"] {
            w.scan(code);
        }
        for weight in ["1.2", "0.8", "1.235", "2.05"] {
            w.type_text(&format!("{weight}*10001"));
            w.key(Key::Enter);
        }
        w.scan(&card_number(0));
        let page = format!("{language}-1366-{percent}/six-lines");
        w.show(&page);
        w.check_main(&page);
        w.check_page(&page);
        w.type_text("+");
        w.type_text("60");
        w.key(Key::Enter);
        w.type_text("b");
        w.show(&format!("{page}-paid"));
        w.check_main(&page);
        w.check_page(&page);
    }
}
