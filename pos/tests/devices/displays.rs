//! The customer's display.

use std::time::{Duration, Instant};

use domain::money::Money;
use pos::devices::display::Model;
use pos::devices::{Kind, Protocol, Show};
use serialport::SerialPort as _;

use crate::{Line, Till, wait_for};

#[test]
fn it_shows_what_is_wanted() {
    let mut line = Line::new();
    let till = Till::with(Protocol::Display(Model::Cd5220), line.path());
    line.expect(&[Model::Cd5220.start(), &Model::Cd5220.encode(Show::Welcome)].concat());
    let total = Show::Total(Money::from_fen(1250));
    till.devices.show(total);
    line.expect(&Model::Cd5220.encode(total));
}

/// Fills the line until it takes no more, as a display does whose power is off.
fn fill(line: &mut Line) {
    line.till.set_timeout(Duration::from_millis(50)).unwrap();
    while std::io::Write::write(&mut line.till, b"x").is_ok() {}
}

/// A display that takes nothing is given up on; the till neither hangs nor loses what is to be shown.
#[test]
fn a_display_that_takes_nothing() {
    let mut line = Line::new();
    let till = Till::with(Protocol::Display(Model::Led8), line.path());
    fill(&mut line);
    let showing = Instant::now();
    till.devices.show(Show::Received(Money::from_fen(100)));
    let lost = till.lost();
    assert!(lost.contains("takes no data"), "{lost}");
    assert!(showing.elapsed() < Duration::from_secs(6), "{:?}", showing.elapsed());
    let last = Show::Change(Money::from_fen(777));
    till.devices.show(last);
    // It reads again, and what was wanted last comes when the line is opened anew.
    let want = Model::Led8.encode(last);
    let (mut tail, mut input) = (Vec::new(), [0; 4096]);
    wait_for(true, || {
        while let Ok(count) = std::io::Read::read(&mut line.device, &mut input) {
            tail.extend_from_slice(&input[..count]);
        }
        tail.ends_with(&want)
    });
    till.connected(Kind::Display);
}

#[test]
fn dropping_it_while_it_takes_nothing_is_prompt() {
    let mut line = Line::new();
    let till = Till::with(Protocol::Display(Model::Led8), line.path());
    fill(&mut line);
    till.devices.show(Show::Clear);
    // It is in the middle of trying.
    till.quiet(Duration::from_millis(200));
    let dropping = Instant::now();
    drop(till);
    assert!(dropping.elapsed() < Duration::from_millis(900), "{:?}", dropping.elapsed());
}
