//! Plugs that are pulled and put in again; ports that others hold; several devices at once.

use std::os::unix::fs::symlink;
use std::time::{Duration, Instant};

use pos::devices::simulator::{Act, Peer, Simulator};
use pos::devices::{DeviceEvent, Kind, Protocol, Setting, State};

use crate::{Line, Till, wait_for};

#[test]
fn unplugged_and_plugged_in_again_on_another_port() {
    let dir = tempfile::tempdir().unwrap();
    let link = dir.path().join("scanner");
    let mut line = Line::new();
    symlink(line.path(), &link).unwrap();
    let till = Till::with(Protocol::Lines, &link);
    line.write(b"1\rhalf a co");
    assert_eq!(till.next(), DeviceEvent::Scanned("1".into()));

    std::fs::remove_file(&link).unwrap();
    drop(line);
    assert!(till.lost().contains("unplugged"));
    assert!(till.lost().contains("is not there"), "at the next try the port is gone");
    assert!(matches!(&till.devices.status()[0].state, State::Lost(_)));

    let mut line = Line::new();
    symlink(line.path(), &link).unwrap();
    till.connected(Kind::Scanner);
    line.write(b"2\r");
    assert_eq!(till.next(), DeviceEvent::Scanned("2".into()), "without the half of before");
    assert_eq!(till.devices.status()[0].state, State::Connected);
}

#[test]
fn a_reader_comes_back_in_the_middle_of_a_card() {
    let dir = tempfile::tempdir().unwrap();
    let link = dir.path().join("reader");
    let Line { device, till: open } = Line::new();
    symlink(serialport::SerialPort::name(&open).unwrap(), &link).unwrap();
    let till = Till::with(Protocol::Sdt, &link);
    let mut device = device;
    // The question came; the answer stops, and the plug is out.
    let mut question = [0; 10];
    std::io::Read::read_exact(&mut device, &mut question).unwrap();
    std::io::Write::write_all(&mut device, &[0xAA, 0xAA, 0xAA, 0x96, 0x69, 0x00, 0x08, 0x00]).unwrap();
    std::fs::remove_file(&link).unwrap();
    drop((device, open));
    till.lost();

    let Line { device, till: open } = Line::new();
    symlink(serialport::SerialPort::name(&open).unwrap(), &link).unwrap();
    let reader = Simulator::start(device, Peer::of(Protocol::Sdt).unwrap(), 64).unwrap();
    reader.act(Act::Present("11010519491231002X".into()));
    let card = std::iter::repeat_with(|| till.next()).find_map(|event| match event {
        DeviceEvent::Card(card) => Some(card),
        DeviceEvent::State(..) => None,
        other => panic!("{other:?}"),
    });
    assert_eq!(card.unwrap().credential.digest_input(), "11010519491231002X");
}

#[test]
fn a_port_that_another_holds_is_said() {
    let line = Line::new();
    let _first = Till::with(Protocol::Lines, line.path());
    let second = Till::start(vec![Setting::new(Protocol::Lines, line.path())]);
    assert!(second.lost().contains("in use"));
}

#[test]
fn devices_work_side_by_side_and_stop_at_once() {
    let (mut scanner, mut scale) = (Line::new(), Line::new());
    let settings =
        [(Protocol::Lines, scanner.path()), (Protocol::Generic, scale.path()), (Protocol::Sdt, "/dev/nothing".into())];
    let till = Till::start(settings.into_iter().map(|(protocol, path)| Setting::new(protocol, path)).collect());
    wait_for((true, true, true), || {
        let status = till.devices.status();
        let lost = matches!(status[2].state, State::Lost(_));
        (status[0].state == State::Connected, status[1].state == State::Connected, lost)
    });
    std::iter::repeat_with(|| till.next()).take(3).for_each(drop);
    scanner.write(b"690\r");
    assert_eq!(till.next(), DeviceEvent::Scanned("690".into()));
    scale.write(b"US,GS,+1.000kg\r\n");
    assert_eq!(till.next(), DeviceEvent::Weight { grams: 1000, stable: false });
    let dropping = Instant::now();
    drop(till);
    assert!(dropping.elapsed() < Duration::from_millis(900), "{:?}", dropping.elapsed());
}

/// The page that sets up devices may close them from where it hears of them.
#[test]
fn a_device_may_be_dropped_by_whom_it_tells() {
    use std::sync::{Arc, Mutex};
    let mut line = Line::new();
    let held: Arc<Mutex<Option<pos::devices::Devices>>> = Arc::default();
    let (of_callback, (tell, told)) = (Arc::clone(&held), std::sync::mpsc::channel());
    let devices = pos::devices::Devices::start(vec![Setting::new(Protocol::Lines, line.path())], move |event| {
        if matches!(event, DeviceEvent::Scanned(_)) {
            drop(of_callback.lock().unwrap().take());
        }
        drop(tell.send(event));
    });
    *held.lock().unwrap() = Some(devices);
    assert_eq!(told.recv_timeout(crate::LONG), Ok(DeviceEvent::State(Kind::Scanner, State::Connected)));
    line.write(b"690\r");
    assert_eq!(told.recv_timeout(crate::LONG), Ok(DeviceEvent::Scanned("690".into())));
    assert!(told.recv_timeout(crate::LONG).is_err_and(|err| err == std::sync::mpsc::RecvTimeoutError::Disconnected));
}
