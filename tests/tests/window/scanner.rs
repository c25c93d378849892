//! Scans among typing, input methods and open pages.

use eframe::egui::{Event, ImeEvent, Key};

use crate::harness::open;

const RICE: &str = "6900000000014";
const EGGS: &str = "6900000000991";

#[test]
fn a_scan_is_never_mixed_up_with_what_a_person_types() {
    let mut w = open();
    w.start_selling();
    w.type_text("12");
    w.scan(RICE);
    assert_eq!(w.lines(), 1);
    w.expect("杏坛东北大米 5kg");
    // Slow digits are no scan: they stay where they were typed until Enter.
    w.type_text(EGGS);
    assert_eq!(w.lines(), 1);
    w.expect(&format!("输入 {EGGS}"));
    w.key(Key::Enter);
    assert_eq!(w.lines(), 2);
}

#[test]
fn an_input_method_between_the_keys_loses_nothing() {
    let mut w = open();
    w.start_selling();
    let preedit = || Event::Ime(ImeEvent::Preedit { text: String::new(), active_range_chars: None });
    for (i, c) in RICE.chars().enumerate() {
        if i % 3 == 0 {
            w.harness.event(preedit());
        }
        // A Chinese input method may commit figures, at full width.
        let wide = char::from_u32(u32::from(c) - u32::from('0') + u32::from('０')).unwrap();
        w.harness.event(if i % 2 == 0 {
            Event::Ime(ImeEvent::Commit(wide.to_string()))
        } else {
            Event::Text(c.into())
        });
    }
    w.harness.key_press(Key::Enter);
    w.harness.step();
    w.settle();
    assert_eq!(w.lines(), 1);
    w.expect("杏坛东北大米 5kg");
}

#[test]
fn the_scanners_enter_presses_no_button() {
    let mut w = open();
    w.start_selling();
    w.scan(RICE);
    // A button has the focus, as after walking there with Tab.
    w.harness.key_press(Key::Tab);
    w.harness.step();
    w.scan(RICE);
    assert!(!w.has("按键"), "the help page opened");
    assert_eq!((w.lines(), w.totals().0.as_str()), (1, "82.80"));
    // Neither does it confirm a payment.
    w.type_text("+");
    w.scan(EGGS);
    assert_eq!(w.till_sales(), 0);
    assert_eq!(w.lines(), 1);
}

#[test]
fn a_scan_while_searching_goes_into_the_basket() {
    let mut w = open();
    w.start_selling();
    w.key(Key::F8);
    w.scan(RICE);
    assert!(!w.has("查商品 F8"));
    assert_eq!(w.lines(), 1);
}

#[test]
fn two_hundred_scans_arrive_in_order() {
    let mut w = open();
    w.start_selling();
    let codes = [RICE, EGGS, "6900000000021"];
    for i in 0..200 {
        for c in codes[i % 3].chars() {
            w.harness.event(Event::Text(c.into()));
        }
        w.harness.key_press(Key::Enter);
    }
    w.harness.step();
    w.settle();
    let pieces: Vec<String> = w.snapshot(|snap| {
        let lines = &snap.screen.open().unwrap().lines;
        lines.iter().map(|l| format!("{} {}", l.product.key.parts().1, l.basket.quantity)).collect()
    });
    assert_eq!(pieces, [format!("{RICE} 67"), format!("{EGGS} 67"), "6900000000021 66".into()]);
}
