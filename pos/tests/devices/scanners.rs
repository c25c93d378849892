//! A scanner types over a line.

use std::time::Duration;

use pos::devices::simulator::{Act, Peer, Simulator};
use pos::devices::{DeviceEvent, Kind, Protocol, Setting};

use crate::{Line, Till};

fn scanned(text: &str) -> DeviceEvent {
    DeviceEvent::Scanned(text.into())
}

#[test]
fn codes_byte_by_byte_and_several_at_once() {
    let mut line = Line::new();
    let till = Till::with(Protocol::Lines, line.path());
    for byte in b"\x02]E06901234567892\r\n" {
        line.write(&[*byte]);
        std::thread::sleep(Duration::from_millis(1));
    }
    assert_eq!(till.next(), scanned("6901234567892"));
    line.write(b"\r\n1\r2\t\n\x00\xff3\nhalf");
    assert_eq!([till.next(), till.next(), till.next()], [scanned("1"), scanned("2"), scanned("\u{fffd}3")]);
    till.quiet(Duration::from_millis(100));
    line.write(b" and half\r");
    assert_eq!(till.next(), scanned("half and half"));
    let raw = till.devices.status()[0].last_raw.clone().unwrap();
    assert!(raw.ends_with("68 61 6C 66 0D"), "{raw}");
    assert!(raw.split(' ').count() <= 48);
}

#[test]
fn the_prefix_of_the_setting_comes_off() {
    let line = Line::new();
    let setting = Setting::parse(Kind::Scanner, &format!("serial:{}?prefix=%23", line.path())).unwrap();
    let till = Till::start(vec![setting]);
    till.connected(Kind::Scanner);
    let Line { device, till: _open } = line;
    let scanner = Simulator::start(device, Peer::Scanner, 3).unwrap();
    for code in ["#690", "]E0#691", "692"] {
        assert!(scanner.act(Act::Scan(code.into())));
    }
    assert_eq!([till.next(), till.next(), till.next()], ["690", "691", "692"].map(scanned));
}
