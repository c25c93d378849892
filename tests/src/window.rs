//! The till's window without a display, for what is timed: a till with very many products, frames, scans.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use domain::basket::SaleUnit;
use domain::money::Money;
use domain::product::Product;
use eframe::egui::{CentralPanel, Context, Event, Key, Modifiers, RawInput, Rect, Ui, vec2};
use pos::app::App;
use pos::keyfile;
use pos::outbox::open_epoch;
use pos::shop::Shop;
use store::Store;
use sync::jws::Key as SigningKey;

/// Lines of the basket.
pub const LINES: usize = 200;
/// Frames of each measurement.
pub const FRAMES: usize = 600;
/// Scans of a measurement.
const SCANS: usize = 200;

/// So many products a till has.
pub const PRODUCTS: usize = 100_000;

/// The barcode of the nth of many products.
pub fn code(n: usize) -> String {
    let digits = format!("690{n:09}");
    format!("{digits}{}", char::from(domain::barcode::check_digit(&digits)))
}

/// Puts many products in.
pub fn put_products(store: &mut Store) {
    let product = |n: usize| Product {
        key: domain::barcode::ProductKey::barcode(&code(n)).unwrap(),
        name: format!("东北大米{n}"),
        spec: "1kg".into(),
        unit_name: "袋".into(),
        unit: SaleUnit::Piece,
        content_kg: None,
        group: "food/grain".into(),
        price: Some(Money::from_fen(990)),
        tax_rate: "0.09".into(),
    };
    store.put_products(&(0..PRODUCTS).map(product).collect::<Vec<_>>()).unwrap();
}

/// A till's data folder with very many products. Its headquarters cannot be reached.
pub struct TillFolder {
    /// The folder.
    pub dir: tempfile::TempDir,
}

impl TillFolder {
    /// Where it is.
    pub fn path(&self) -> PathBuf {
        self.dir.path().into()
    }
}

/// A till that was enrolled once and is offline now.
pub fn till() -> TillFolder {
    let till = TillFolder { dir: tempfile::tempdir().unwrap() };
    let mut shop = Shop::open(&till.path()).unwrap();
    put_products(&mut shop.store);
    let key = SigningKey::generate();
    keyfile::write(&till.path(), &key).unwrap();
    let hq_key = serde_json::to_string(&key.jwk()).unwrap();
    for (name, value) in
        [("hq_url", "http://127.0.0.1:9"), ("hq", "bench"), ("hq_key", &hq_key), ("store", "S001"), ("till", "01")]
    {
        shop.store.set_setting(name, value).unwrap();
    }
    shop.reload().unwrap();
    open_epoch(&mut shop, "1-BENC", None).unwrap();
    let hash = sync::password::hash("1234").unwrap();
    shop.store.put_staff("c1", domain::role::StaffRole::Cashier, &hash).unwrap();
    till
}

/// What a window took.
#[derive(Default)]
pub struct Drawn {
    /// From each scan to the frame that shows its line.
    scans: Vec<Duration>,
    /// Frames with the whole basket.
    frames: Vec<Duration>,
}

impl Drawn {
    /// Adds another measurement of the same kind.
    pub fn add(&mut self, other: Drawn) {
        self.scans.extend(other.scans);
        self.frames.extend(other.frames);
    }

    /// The median from a scan to its line.
    pub fn scan_p50(&self) -> Duration {
        p50(self.scans.clone())
    }

    /// What one in a hundred scans takes longer than.
    pub fn scan_p99(&self) -> Duration {
        p99(self.scans.clone())
    }

    /// What one in a hundred frames takes longer than.
    pub fn frame_p99(&self) -> Duration {
        p99(self.frames.clone())
    }
}

/// Opens the till's window, scans, and looks at frames.
pub fn measure(till: &TillFolder) -> Drawn {
    let font = printers::font::system().unwrap();
    let ctx = Context::default();
    let mut app = App::new(&ctx, &till.path(), &font).unwrap();
    let mut time = 0.0;
    sign_in(&ctx, &mut app, &mut time);
    let mut scans = Vec::new();
    for n in 0..SCANS {
        let start = Instant::now();
        app_frame(&ctx, &mut app, scan(&code(n % LINES)), &mut time);
        while lines(&app) <= n.min(LINES - 1) {
            app_frame(&ctx, &mut app, Vec::new(), &mut time);
        }
        scans.push(start.elapsed());
    }
    let frames = (0..FRAMES).map(|_| app_frame(&ctx, &mut app, Vec::new(), &mut time)).collect();
    Drawn { scans, frames }
}

/// One line of text, as the bare equivalent of a window.
pub fn label(ui: &mut Ui) {
    CentralPanel::default_margins().show(ui, |ui| ui.label("慈善超市"));
}

/// One frame: what the window does of it, without the graphics driver.
#[expect(clippy::float_arithmetic, reason = "the window counts seconds so")]
pub fn frame(ctx: &Context, events: Vec<Event>, time: &mut f64, mut paint: impl FnMut(&mut Ui)) -> Duration {
    *time += 1.0 / 60.0;
    let input = RawInput {
        screen_rect: Some(Rect::from_min_size(Default::default(), vec2(1366.0, 768.0))),
        time: Some(*time),
        focused: true,
        events,
        ..RawInput::default()
    };
    let start = Instant::now();
    let mut output = ctx.run_ui(input, |ui| paint(ui));
    // Nobody draws them here.
    output.textures_delta.clear();
    std::hint::black_box(ctx.tessellate(output.shapes, output.pixels_per_point));
    start.elapsed()
}

/// One frame of the till's window.
pub fn app_frame(ctx: &Context, app: &mut App, events: Vec<Event>, time: &mut f64) -> Duration {
    frame(ctx, events, time, |ui| {
        app.logic(ui.ctx());
        app.paint(ui);
    })
}

fn key(key: Key) -> Event {
    Event::Key { key, physical_key: None, pressed: true, repeat: false, modifiers: Modifiers::NONE }
}

/// A scan as it arrives within one slow frame.
pub fn scan(code: &str) -> Vec<Event> {
    code.chars().map(|c| Event::Text(c.into())).chain([key(Key::Enter)]).collect()
}

/// Signs the cashier in and opens a shift.
pub fn sign_in(ctx: &Context, app: &mut App, time: &mut f64) {
    // The only one who may, or the first; then the float, where no shift is open.
    app_frame(ctx, app, vec![key(Key::ArrowDown)], time);
    for text in ["1234", ""] {
        if app.snapshot().screen.open().is_ok() {
            return;
        }
        for c in text.chars() {
            app_frame(ctx, app, vec![Event::Text(c.into())], time);
            settle(ctx, app, time);
        }
        app_frame(ctx, app, vec![key(Key::Enter)], time);
        settle(ctx, app, time);
    }
    assert!(app.snapshot().screen.open().is_ok(), "the till does not sell");
}

/// Frames until the till rests.
pub fn settle(ctx: &Context, app: &mut App, time: &mut f64) {
    for _ in 0..12 {
        app_frame(ctx, app, Vec::new(), time);
    }
    while app.is_waiting() {
        std::thread::sleep(Duration::from_millis(1));
        app_frame(ctx, app, Vec::new(), time);
    }
    app_frame(ctx, app, Vec::new(), time);
}

/// Lines of the basket.
pub fn lines(app: &App) -> usize {
    app.snapshot().screen.open().map_or(0, |sale| sale.lines.len())
}

/// The median.
pub fn p50(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

/// What one in a hundred takes longer than.
pub fn p99(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() * 99 / 100]
}
