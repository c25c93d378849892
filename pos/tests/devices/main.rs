//! The till's devices over pseudo-terminals: the real runner, the real port, a device that is
//! simulated.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test's helper may panic as the test does")]

mod cards;
mod displays;
mod lines;
mod scales;
mod scanners;

use std::fmt::Debug;
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use pos::devices::{DeviceEvent, Devices, Kind, Setting};
use pos::devices::{Protocol, State};
use serialport::{SerialPort as _, TTYPort};

/// Longest that anything here may take; what is right comes long before.
const LONG: Duration = Duration::from_secs(20);

/// A line: the device's end, and the till's, which stays open so that the device may start first.
struct Line {
    device: TTYPort,
    till: TTYPort,
}

impl Line {
    fn new() -> Self {
        let (mut device, till) = TTYPort::pair().unwrap();
        device.set_timeout(Duration::from_millis(10)).unwrap();
        Self { device, till }
    }

    fn path(&self) -> String {
        self.till.name().unwrap()
    }

    fn write(&mut self, bytes: &[u8]) {
        std::io::Write::write_all(&mut self.device, bytes).unwrap();
    }

    /// Reads until as many bytes came as are wanted, and compares.
    fn expect(&mut self, want: &[u8]) {
        let (mut got, until) = (Vec::new(), Instant::now() + LONG);
        let mut input = [0; 64];
        while got.len() < want.len() && Instant::now() < until {
            if let Ok(count) = std::io::Read::read(&mut self.device, &mut input) {
                got.extend_from_slice(&input[..count]);
            }
        }
        assert_eq!(got, want);
    }
}

/// Devices and what they told.
struct Till {
    devices: Devices,
    told: Receiver<DeviceEvent>,
}

impl Till {
    fn start(settings: Vec<Setting>) -> Self {
        let (tell, told) = channel();
        let devices = Devices::start(settings, move |event| drop(tell.send(event)));
        Self { devices, told }
    }

    fn with(protocol: Protocol, path: impl AsRef<Path>) -> Self {
        let till = Self::start(vec![Setting::new(protocol, path.as_ref().to_str().unwrap())]);
        till.connected(protocol.kind());
        till
    }

    fn next(&self) -> DeviceEvent {
        self.told.recv_timeout(LONG).expect("an event")
    }

    fn connected(&self, kind: Kind) {
        assert_eq!(self.next(), DeviceEvent::State(kind, State::Connected));
    }

    fn lost(&self) -> String {
        match self.next() {
            DeviceEvent::State(_, State::Lost(sentence)) => sentence.to_string(),
            other => panic!("{other:?}"),
        }
    }

    /// Nothing is told for a moment.
    fn quiet(&self, time: Duration) {
        assert!(self.told.recv_timeout(time).is_err());
    }
}

/// Waits until it is so.
fn wait_for<T: PartialEq + Debug>(want: T, mut look: impl FnMut() -> T) {
    let until = Instant::now() + LONG;
    let mut seen = look();
    while seen != want && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(10));
        seen = look();
    }
    assert_eq!(seen, want);
}
