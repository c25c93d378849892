//! Devices on serial lines, in the window: a scale, a reader for ID cards and a scanner, each played at the
//! other end of a pty.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, Command, Stdio};

use eframe::egui::Key;
use tests::id_number;

use crate::harness::{Window, open_with};

const RICE: &str = "6900000000014";

/// A device that is played, and where the till finds it.
pub struct Played {
    child: Child,
    script: ChildStdin,
    pub address: String,
}

impl Played {
    pub fn start(args: &[&str]) -> Self {
        let mut child = Command::new(tests::program("jihui-till"))
            .args(["devices", "simulate", "--port", "pty"])
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut said).unwrap();
        let address = said.trim().strip_prefix("listening on ").unwrap().to_owned();
        Self { script: child.stdin.take().unwrap(), child, address }
    }

    pub fn act(&mut self, line: &str) {
        writeln!(self.script, "{line}").unwrap();
        self.script.flush().unwrap();
    }
}

impl Drop for Played {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// A window with these devices set before it opens.
fn with(devices: &[(&str, String)]) -> Window {
    let settings: Vec<(String, String)> = devices.iter().map(|(name, line)| ((*name).into(), line.clone())).collect();
    open_with(&settings)
}

impl Window {
    fn wait_for_words(&mut self, words: &str) {
        let until = std::time::Instant::now() + std::time::Duration::from_secs(10);
        while !self.has(words) {
            assert!(std::time::Instant::now() < until, "`{words}` does not come");
            std::thread::sleep(std::time::Duration::from_millis(10));
            self.harness.step();
        }
        self.settle();
    }
}

#[test]
fn an_id_card_on_the_reader_verifies_and_a_scale_weighs() {
    let mut reader = Played::start(&["--kind", "id_card"]);
    let mut scale = Played::start(&["--kind", "scale", "--protocol", "cas"]);
    let mut w = with(&[
        ("device_id_card", format!("{}?protocol=sdt", reader.address)),
        ("device_scale", format!("{}?protocol=cas", scale.address)),
    ]);
    w.start_selling();
    w.scan(RICE);
    reader.act(&format!("present {}", id_number(0)));
    w.wait_for_words("已核验");
    scale.act("weigh 1235");
    w.type_text("10001");
    w.key(Key::Enter);
    w.wait_for_words("秤上 1.235，取用");
    w.type_text("s");
    w.key(Key::Enter);
    let quantity = w.snapshot(|snap| snap.screen.open().unwrap().lines[1].basket.quantity.to_string());
    assert_eq!(quantity, "1.235");
    w.type_text("+");
    w.key(Key::Enter);
    w.expect("收款完成");
    w.wait_for("the upload", |snap| snap.status.unsent == 0);
    let store = store::Store::open(&w.till).unwrap();
    let epoch = store.epochs().unwrap().pop().unwrap();
    let claim = store.records(&epoch.epoch).unwrap().pop().unwrap();
    assert_eq!(pos::outbox::payload_of(&claim.jws).unwrap()["verified_by"], "id_card");
}

#[test]
fn a_scanner_on_a_line_is_unplugged_and_the_till_says_so_and_sells_on() {
    let mut scanner = Played::start(&["--kind", "scanner"]);
    let mut w = with(&[("device_scanner", scanner.address.clone())]);
    w.start_selling();
    scanner.act(&format!("scan {RICE}"));
    w.wait_for_words("杏坛东北大米");
    // While paying, what a line scans is a payment code too: it collects nothing.
    w.type_text("+");
    scanner.act("scan 134567890123456789");
    w.wait_for_words("这里扫付款码收不到钱");
    w.key(Key::Escape);
    drop(scanner);
    w.wait_for_words("扫码枪断开了");
    w.scan(RICE);
    assert_eq!(w.totals().0, "82.80");
    w.key(Key::F10);
    w.click("设备");
    w.expect("断开");
}
