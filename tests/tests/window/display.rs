//! The real window on a display of its own, with keys as an X server delivers them.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use domain::product::{COLUMNS, read_products};
use tests::{Lab, Till, data, id_number, program};

use crate::harness::{Window, window};

/// An X server, and the till's window on it.
pub struct Display {
    server: Child,
    others: Vec<Child>,
    pub name: String,
}

impl Drop for Display {
    fn drop(&mut self) {
        for child in self.others.iter_mut().rev().chain([&mut self.server]) {
            child.kill().ok();
            child.wait().ok();
        }
    }
}

impl Display {
    pub fn open(till: &Till) -> Self {
        let mut display = Self::bare();
        display.start(till);
        display
    }

    /// An X server with nothing on it.
    pub fn bare() -> Self {
        let server = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", "1366x768x24", "+extension", "GLX"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let mut server = server.expect("Xvfb is installed (Debian: xvfb)");
        let mut number = String::new();
        BufReader::new(server.stdout.take().unwrap()).read_line(&mut number).unwrap();
        Self { server, others: Vec::new(), name: format!(":{}", number.trim()) }
    }

    /// Starts a program on it.
    pub fn run(&mut self, command: &mut Command) {
        let command = command.env("DISPLAY", &self.name).env_remove("WAYLAND_DISPLAY");
        self.others.push(command.env("LIBGL_ALWAYS_SOFTWARE", "1").spawn().unwrap());
    }

    /// Opens the till's window and waits until it has the keys.
    pub fn start(&mut self, till: &Till) {
        self.run(Command::new(program("jihui-till")).arg("--data").arg(&till.dir));
        let until = Instant::now() + Duration::from_secs(30);
        // Without a window manager nobody but us gives the window the focus, once it is there.
        while !self.focus() {
            assert!(Instant::now() < until, "the window does not open");
            std::thread::sleep(Duration::from_millis(50));
        }
        std::thread::sleep(Duration::from_millis(700));
    }

    fn focus(&self) -> bool {
        let found = self.xdotool(&["search", "--onlyvisible", "--name", "Jihui"]).unwrap_or_default();
        found.lines().next().is_some_and(|id| self.xdotool(&["windowfocus", "--sync", id]).is_some())
    }

    pub fn xdotool(&self, args: &[&str]) -> Option<String> {
        let said = Command::new("xdotool").env("DISPLAY", &self.name).args(args).stderr(Stdio::null()).output();
        let said = said.expect("xdotool is installed (Debian: xdotool)");
        said.status.success().then(|| String::from_utf8(said.stdout).unwrap())
    }

    /// Types as a person does, then presses Enter.
    pub fn type_slowly(&self, text: &str, enter: bool) {
        self.xdotool(&["type", "--delay", "150", text]).unwrap();
        std::thread::sleep(Duration::from_millis(300));
        if enter {
            self.xdotool(&["key", "Return"]).unwrap();
            std::thread::sleep(Duration::from_millis(700));
        }
    }

    pub fn key(&self, key: &str) {
        self.xdotool(&["key", key]).unwrap();
        std::thread::sleep(Duration::from_millis(300));
    }

    /// Signs the first cashier in and opens a shift, by keys.
    pub fn start_selling(&self) {
        self.key("Down");
        self.type_slowly("1234", true);
        self.type_slowly("200", true);
    }
}

impl Display {
    /// Clicks where the other window, which is in the same state, has this button.
    fn click(&self, twin: &mut Window, label: &str) {
        let at = twin.place(label);
        twin.click(label);
        let (x, y) = (format!("{:.0}", at.x), format!("{:.0}", at.y));
        self.xdotool(&["mousemove", &x, &y, "click", "1"]).unwrap();
        std::thread::sleep(Duration::from_millis(400));
    }
}

/// Waits until the till's database holds a sale, and gives it.
pub fn sale(till: &Till) -> store::StoredSale {
    let store = store::Store::open(&till.dir).unwrap();
    let until = Instant::now() + Duration::from_secs(30);
    loop {
        if let Some(number) = store.sale_numbers().unwrap().first() {
            return store.sale(number).unwrap().unwrap();
        }
        assert!(Instant::now() < until, "no sale was made");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn two_hundred_codes_at_two_milliseconds_a_key_are_all_there_in_order() {
    let lab = Lab::with_households(2);
    let server = lab.serve();
    let till = lab.till(&server, "S001/01");
    let file = std::fs::read(data().join("products.csv")).unwrap();
    let products = read_products(&sheets::read(&file, &sheets::Reading::new(&COLUMNS)).unwrap(), true).unwrap();
    let codes: Vec<String> = products
        .iter()
        .map(|product| product.key.parts())
        .filter(|(kind, _)| *kind == "barcode")
        .map(|(_, code)| code)
        .take(200)
        .collect();
    assert_eq!(codes.len(), 200);
    let display = Display::open(&till);
    display.start_selling();
    for code in &codes {
        display.xdotool(&["type", "--args", "1", "--delay", "2", code, "key", "Return"]).unwrap();
    }
    std::thread::sleep(Duration::from_millis(500));
    display.type_slowly("+", true);
    let sold: Vec<String> = sale(&till)
        .lines
        .iter()
        .map(|line| line.code.split_once(':').unwrap().1.trim_start_matches('0').into())
        .collect();
    assert_eq!(sold, codes);
}

#[test]
fn a_discounted_sale_by_keys_alone() {
    let lab = Lab::with_households(2);
    let server = lab.serve();
    let till = lab.till(&server, "S001/01");
    let display = Display::open(&till);
    display.start_selling();
    display.type_slowly("xtdbdm", true);
    display.key("F2");
    display.type_slowly(&id_number(0), true);
    display.type_slowly("+", false);
    display.type_slowly("100", true);
    let sale = sale(&till);
    assert!(sale.claimed);
    let until = Instant::now() + Duration::from_secs(20);
    while lab.claims().is_empty() {
        assert!(Instant::now() < until, "the claim does not come up");
        std::thread::sleep(Duration::from_millis(200));
    }
    assert_eq!(lab.claims()[0]["state"], "accepted");
}

#[test]
fn a_discounted_sale_by_mouse_alone() {
    let lab = Lab::with_households(2);
    let server = lab.serve();
    let till = lab.till(&server, "S001/01");
    // A window without a display knows where each button is.
    let twin = lab.till(&server, "S001/02");
    let mut twin = window(lab, Some(server), twin);
    let display = Display::open(&till);
    let card = tests::card_number(0);
    let digits: Vec<String> = card.chars().map(|c| c.to_string()).collect();
    let pin = ["c1", "1", "2", "3", "4", "登录", "开班", "核验"];
    for label in pin.into_iter().chain(digits.iter().map(String::as_str)) {
        display.click(&mut twin, label);
    }
    // The button of the dialog, which lies over the panel's.
    display.click(&mut twin, "核验");
    std::thread::sleep(Duration::from_secs(1));
    // Goods by the scanner, as in any shop.
    twin.scan("6900000000014");
    display.xdotool(&["type", "--args", "1", "--delay", "2", "6900000000014", "key", "Return"]).unwrap();
    std::thread::sleep(Duration::from_millis(500));
    for label in ["＋", "收款", "确认收款"] {
        display.click(&mut twin, label);
    }
    let sold = sale(&till);
    assert!(sold.claimed, "the household was verified");
    assert_eq!(sold.lines[0].quantity.to_string(), "2");
}
