//! The one place that makes a window for tests: the real one, over a real till and headquarters.

use std::cell::RefCell;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::{Duration, Instant};

use eframe::egui::{Context, Event, Id, Key, LayerId, Modifiers, Pos2, Rect, Role, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use pos::app::App;
use pos::app::snapshot::Snapshot;
use tests::{Lab, Server, Till};

/// Seconds between frames: fast enough for a scanner, whose keys come one a frame.
const FRAME: f32 = 0.01;
/// Frames between two keys of a person: far slower than any scanner.
const SLOWLY: usize = 12;

/// The screen of most tills.
pub const SCREEN: [u16; 2] = [1366, 768];

type Slot = Rc<RefCell<Option<App>>>;

/// A window with everything behind it.
pub struct Window {
    pub harness: Harness<'static, Slot>,
    pub lab: Lab,
    pub server: Option<Server>,
    pub till: PathBuf,
}

/// A till of a store with five households, with its window open.
pub fn open() -> Window {
    open_with(&[])
}

/// The same, with settings that were made before.
pub fn open_with(settings: &[(String, String)]) -> Window {
    open_sized(settings, (SCREEN, 100))
}

/// The same, on a screen of this size and at this percent.
pub fn open_sized(settings: &[(String, String)], size: ([u16; 2], u16)) -> Window {
    let lab = Lab::with_households(5);
    let extra = lab.file("extra.csv", second_household().as_bytes());
    lab.hq_ok(&["roster", "import", &extra]);
    let server = lab.serve();
    let till = lab.till(&server, "S001/01");
    till.ok(&["set", "store_name", "和平路店"], "");
    till.ok(&["printer", "set", "virtual", "--columns", "48"], "");
    let store = store::Store::open(&till.dir).unwrap();
    for (name, value) in settings {
        store.set_setting(name, value).unwrap();
    }
    sized(lab, Some(server), till, size)
}

/// The person of this number in the roster shops for another household too.
pub const PROXY: usize = 1;

/// That person's row.
fn proxy_row() -> Vec<String> {
    let (roster, number) = (tests::roster_csv(5), tests::card_number(PROXY));
    let row = roster.lines().find(|row| row.split(',').nth(1) == Some(&number)).expect("the card is in the roster");
    row.split(',').map(str::to_owned).collect()
}

/// That person's name as the till shows it.
pub fn proxy_name() -> String {
    domain::resident::mask_name(&proxy_row()[2])
}

/// The row of the other household.
fn second_household() -> String {
    let mut cells = proxy_row();
    for (column, value) in [(3, "DEMO-NEIGHBOUR"), (4, "other"), (12, "true")] {
        cells[column] = value.into();
    }
    format!("{}\n{}\n", tests::roster_csv(5).lines().next().unwrap(), cells.join(","))
}

/// A window over a data folder.
pub fn window(lab: Lab, server: Option<Server>, till: Till) -> Window {
    sized(lab, server, till, (SCREEN, 100))
}

/// A window on a screen of this size, at this percent.
pub fn sized(lab: Lab, server: Option<Server>, till: Till, (screen, percent): ([u16; 2], u16)) -> Window {
    let zoom = f32::from(percent) / 100.0;
    let [width, height] = screen.map(|length| f32::from(length) / zoom);
    let slot = Slot::default();
    let (made, dir) = (Rc::clone(&slot), till.dir.clone());
    let create = move |ctx: &Context| {
        let font = printers::font::system().expect("fonts-wqy-microhei is installed");
        *made.borrow_mut() = Some(App::new(ctx, &dir, &font).unwrap());
    };
    let harness = Harness::builder()
        .with_size(vec2(width, height))
        .with_pixels_per_point(zoom)
        .with_step_dt(FRAME)
        .with_max_steps(200)
        .with_context_setup(create)
        .build_ui_state(
            |ui, slot: &mut Slot| {
                let mut app = slot.borrow_mut();
                let app = app.as_mut().unwrap();
                app.logic(ui.ctx());
                app.paint(ui);
            },
            slot,
        );
    Window { harness, lab, server, till: till.dir }
}

impl Window {
    /// Frames until the till has answered everything and nothing is held back.
    pub fn settle(&mut self) {
        self.harness.run_steps(SLOWLY);
        let until = Instant::now() + Duration::from_secs(20);
        while self.harness.state().borrow().as_ref().unwrap().is_waiting() {
            assert!(Instant::now() < until, "the till does not answer");
            std::thread::sleep(Duration::from_millis(2));
            self.harness.step();
        }
        self.harness.run_steps(2);
        // Checks that every input has a name.
        self.harness.run_ok();
    }

    /// What the till is doing.
    pub fn snapshot<R>(&self, look: impl FnOnce(&Snapshot) -> R) -> R {
        look(self.harness.state().borrow().as_ref().unwrap().snapshot())
    }

    /// Waits for something that nobody asked for, such as a sync.
    pub fn wait_for(&mut self, what: &str, is_so: impl Fn(&Snapshot) -> bool) {
        let until = Instant::now() + Duration::from_secs(20);
        while !self.snapshot(&is_so) {
            assert!(Instant::now() < until, "{what} does not happen");
            std::thread::sleep(Duration::from_millis(5));
            self.harness.step();
        }
    }

    /// Presses a key.
    pub fn key(&mut self, key: Key) {
        self.harness.key_press(key);
        self.settle();
    }

    /// Types as a person does.
    pub fn type_text(&mut self, text: &str) {
        for c in text.chars() {
            self.harness.event(Event::Text(c.to_string()));
            self.harness.run_steps(SLOWLY);
        }
        self.settle();
    }

    /// Scans: a key a frame, and Enter.
    pub fn scan(&mut self, code: &str) {
        for c in code.chars() {
            self.harness.event(Event::Text(c.to_string()));
        }
        self.harness.key_press(Key::Enter);
        self.harness.step();
        self.settle();
    }

    /// Clicks the button of this accessible name; of several, the one that lies on top.
    pub fn click(&mut self, label: &str) {
        let find = |w: &Self| w.harness.query_all_by_role_and_label(Role::Button, label).last().map(|node| node.rect());
        let Some(rect) = find(self) else {
            panic!("no button `{label}`: {}", self.words());
        };
        if !self.shown(rect) {
            // A person scrolls there first.
            self.harness.query_all_by_role_and_label(Role::Button, label).last().unwrap().scroll_to_me();
            self.settle();
            let rect = find(self).unwrap();
            assert!(self.shown(rect), "`{label}` at {rect} cannot be scrolled to");
        }
        self.harness.query_all_by_role_and_label(Role::Button, label).last().unwrap().click();
        self.settle();
    }

    /// Widgets of the page on top, as they can be touched: the place of each, and what of it is in sight.
    pub fn touchable(&self) -> Vec<(Id, LayerId, Rect, Rect)> {
        let ctx = &self.harness.ctx;
        ctx.viewport(|viewport| {
            let all = viewport.prev_pass.widgets.layers().flat_map(|(_, widgets)| widgets.iter());
            all.filter(|w| w.sense.senses_click())
                .map(|w| (w.id, w.layer_id, w.rect, w.interact_rect))
                .collect::<Vec<_>>()
        })
        .into_iter()
        .filter(|(_, layer, ..)| ctx.memory(|memory| memory.allows_interaction(*layer)))
        .collect()
    }

    /// Whether the middle of a button can be touched.
    fn shown(&self, rect: Rect) -> bool {
        let at = rect.center();
        self.touchable().iter().any(|(_, _, whole, seen)| {
            whole.distance_to_pos(at) == 0.0 && seen.contains(at) && (whole.center() - at).length() < 1.0
        })
    }

    /// Where the button of this accessible name is.
    pub fn place(&self, label: &str) -> Pos2 {
        let button = self.harness.query_all_by_role_and_label(Role::Button, label).last();
        button.unwrap_or_else(|| panic!("no button `{label}`: {}", self.words())).rect().center()
    }

    /// Fills a text field.
    pub fn fill(&mut self, name: &str, text: &str) {
        let secret = self.harness.query_by_role_and_label(Role::PasswordInput, name).is_some();
        let role = if secret { Role::PasswordInput } else { Role::TextInput };
        self.harness.get_by_role_and_label(role, name).focus();
        self.harness.run_steps(2);
        self.harness.key_press_modifiers(Modifiers::COMMAND, Key::A);
        self.harness.get_by_role_and_label(role, name).type_text(text);
        self.settle();
    }

    /// Whether something with these words is there.
    pub fn has(&self, words: &str) -> bool {
        self.harness.query_all_by_label_contains(words).next().is_some()
    }

    /// Everything that a screen reader would find.
    fn words(&self) -> String {
        let all = self.harness.query_all_by_label_contains("");
        all.filter_map(|node| node.accesskit_node().label().or(node.accesskit_node().value()))
            .collect::<Vec<_>>()
            .join(" | ")
    }

    /// Fails with everything that is there, where the words are not.
    pub fn expect(&self, words: &str) {
        assert!(self.has(words), "`{words}` is not on the screen: {}", self.words());
    }

    /// The cashier signs in and opens a shift, by keys.
    pub fn start_selling(&mut self) {
        self.click("c1");
        self.type_text("1234");
        self.key(Key::Enter);
        self.type_text("200");
        self.key(Key::Enter);
        self.expect("请扫第一件商品");
    }

    /// Sums of the open basket: due, discount.
    pub fn totals(&self) -> (String, String) {
        self.snapshot(|snap| {
            let totals = snap.screen.open().unwrap().priced.as_ref().map(|p| p.totals).unwrap_or_default();
            (totals.due.to_string(), totals.discount.to_string())
        })
    }

    /// How many lines the basket has.
    pub fn lines(&self) -> usize {
        self.snapshot(|snap| snap.screen.open().map_or(0, |sale| sale.lines.len()))
    }

    /// How many sales the till's database holds.
    pub fn till_sales(&self) -> usize {
        store::Store::open(&self.till).unwrap().sale_numbers().unwrap().len()
    }
}
