//! Around the window: the customers' screen, kiosk mode, and coming up beside another till.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use eframe::egui::{Key, ViewportCommand, ViewportEvent, ViewportId};
use store::Store;
use tests::{Lab, Till, card_number, program};

use crate::display::{Display, sale};
use crate::harness::{Window, open, window};

const RICE: &str = "6900000000014";

/// What the till's window asked of the desktop in its last frame.
fn asked(w: &Window) -> Vec<ViewportCommand> {
    w.harness.output().viewport_output[&ViewportId::ROOT].commands.clone()
}

/// Frames until the window asks for something.
fn wait_for_asked(w: &mut Window, command: &ViewportCommand) {
    let until = Instant::now() + Duration::from_secs(20);
    while !asked(w).contains(command) {
        assert!(Instant::now() < until, "{command:?} is not asked for: {:?}", asked(w));
        std::thread::sleep(Duration::from_millis(2));
        w.harness.step();
    }
}

/// Somebody closes the window by its frame.
fn ask_to_close(w: &mut Window) {
    let windows = &mut w.harness.input_mut().viewports;
    windows.get_mut(&ViewportId::ROOT).unwrap().events.push(ViewportEvent::Close);
    w.harness.step();
}

#[test]
fn customers_see_amounts_and_the_goods_just_entered() {
    let mut w = open();
    w.start_selling();
    w.key(Key::F10);
    w.click("顾客屏：关");
    w.key(Key::Escape);
    w.expect("欢迎光临");
    w.scan(RICE);
    w.expect("东北大米 5kg 1袋 × ¥41.40 ¥41.40");
    w.expect("应收 ¥41.40");
    w.scan(&card_number(0));
    let totals = w.snapshot(|snap| snap.screen.open().unwrap().priced.as_ref().unwrap().totals);
    assert!(!totals.discount.is_zero());
    w.expect(&format!("应收 ¥{}", totals.due));
    w.type_text("+");
    w.type_text("100");
    w.key(Key::Enter);
    w.expect("谢谢惠顾");
    let change = w.snapshot(|snap| snap.last.as_ref().unwrap().change);
    assert!(!change.is_zero());
    w.expect(&format!("找零 ¥{change}"));
    w.expect("收到 ¥100.00");
    // In frames of 10 ms: thanks end, and so does everything that was about this customer.
    w.harness.run_steps(1_100);
    w.expect("欢迎光临");
    assert!(!w.has("谢谢惠顾"));
    let kept = Store::open(&w.till).unwrap().setting("ui_customer").unwrap();
    assert_eq!(kept.as_deref(), Some("window"));
}

#[test]
fn only_a_manager_closes_a_kiosk() {
    let mut w = open();
    w.start_selling();
    w.key(Key::F10);
    assert!(!w.has("退出程序"), "a window that can be closed needs no such entry");
    w.click("专机模式（全屏）");
    w.type_text("9999");
    w.harness.key_press(Key::Enter);
    wait_for_asked(&mut w, &ViewportCommand::Fullscreen(true));
    w.settle();
    ask_to_close(&mut w);
    assert!(asked(&w).contains(&ViewportCommand::CancelClose));
    w.settle();
    w.expect("请店长批准");
    w.type_text("1111");
    w.key(Key::Enter);
    w.expect("请店长批准");
    w.key(Key::Escape);
    w.key(Key::F10);
    w.click("退出程序");
    w.type_text("9999");
    w.harness.key_press(Key::Enter);
    wait_for_asked(&mut w, &ViewportCommand::Close);
    ask_to_close(&mut w);
    assert!(!asked(&w).contains(&ViewportCommand::CancelClose));
}

#[test]
fn a_kiosk_that_nobody_is_signed_in_at_closes_by_keys_too() {
    let lab = Lab::with_households(2);
    let server = lab.serve();
    let till = lab.till(&server, "S001/01");
    Store::open(&till.dir).unwrap().set_setting("ui_kiosk", "on").unwrap();
    let mut w = window(lab, Some(server), till);
    ask_to_close(&mut w);
    assert!(asked(&w).contains(&ViewportCommand::CancelClose));
    w.settle();
    w.expect("请店长批准");
    w.type_text("9999");
    w.harness.key_press(Key::Enter);
    wait_for_asked(&mut w, &ViewportCommand::Close);
}

#[test]
fn a_window_that_is_no_kiosk_closes_unless_goods_lie_in_it() {
    let mut w = open();
    w.start_selling();
    w.scan(RICE);
    ask_to_close(&mut w);
    assert!(asked(&w).contains(&ViewportCommand::CancelClose));
    w.settle();
    w.key(Key::Delete);
    ask_to_close(&mut w);
    assert!(!asked(&w).contains(&ViewportCommand::CancelClose));
}

/// A till that stands beside another one.
fn beside() -> (Lab, tests::Server, Till) {
    let lab = Lab::with_households(2);
    let server = lab.serve();
    let till = lab.till(&server, "S001/01");
    Store::open(&till.dir).unwrap().set_setting("mode", "beside").unwrap();
    (lab, server, till)
}

#[test]
fn escape_puts_an_idle_till_away_that_stands_beside_another() {
    let (lab, server, till) = beside();
    let mut w = window(lab, Some(server), till);
    w.start_selling();
    w.harness.key_down(Key::Escape);
    wait_for_asked(&mut w, &ViewportCommand::Minimized(true));
    w.settle();
    // What lies in the basket is not put away by a key that was meant for something else.
    w.harness.key_up(Key::Escape);
    w.scan(RICE);
    w.harness.key_down(Key::Escape);
    for _ in 0..20 {
        w.harness.step();
        assert_eq!(asked(&w), Vec::new());
    }
}

/// Whether the till's window is in sight.
fn is_up(display: &Display) -> bool {
    display.xdotool(&["search", "--onlyvisible", "--name", "Jihui"]).is_some_and(|found| !found.trim().is_empty())
}

fn wait_until(display: &Display, up: bool) {
    let until = Instant::now() + Duration::from_secs(10);
    while is_up(display) != up {
        assert!(Instant::now() < until, "the window does not {}", if up { "come up" } else { "go away" });
        std::thread::sleep(Duration::from_millis(50));
    }
    std::thread::sleep(Duration::from_millis(300));
}

#[test]
fn a_key_of_the_desktop_brings_the_till_up_and_puts_it_away() {
    let (_lab, _server, till) = beside();
    let mut display = Display::bare();
    let manager = Command::new("openbox").arg("--version").stdout(Stdio::null()).status();
    assert!(manager.is_ok_and(|said| said.success()), "openbox is installed (Debian: openbox)");
    display.run(Command::new("openbox").stderr(Stdio::null()));
    std::thread::sleep(Duration::from_millis(500));
    display.start(&till);
    display.start_selling();
    display.key("ctrl+F12");
    wait_until(&display, false);
    display.key("ctrl+F12");
    wait_until(&display, true);
    let raise = |word: &str| {
        let said = Command::new(program("jihui-till")).arg("--data").arg(&till.dir).args(["raise", word]).status();
        assert!(said.unwrap().success());
    };
    raise("--down");
    wait_until(&display, false);
    raise("--up");
    wait_until(&display, true);
    // It has the keys, and with them the scanner that both tills share.
    display.xdotool(&["type", "--args", "1", "--delay", "2", RICE, "key", "Return"]).unwrap();
    std::thread::sleep(Duration::from_millis(700));
    display.key("ctrl+F12");
    wait_until(&display, false);
    display.key("ctrl+F12");
    wait_until(&display, true);
    display.xdotool(&["type", "--args", "1", "--delay", "2", &card_number(0), "key", "Return"]).unwrap();
    std::thread::sleep(Duration::from_secs(1));
    display.type_slowly("+", false);
    display.type_slowly("9001", true);
    assert_eq!(sale(&till).lines.len(), 1);
}
