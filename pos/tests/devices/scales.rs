//! Scales of the three protocols.

use pos::devices::simulator::{Act, Load, Peer, ScalePeer, Simulator};
use pos::devices::{DeviceEvent, Protocol};

use crate::{Line, Till};

fn weight(grams: u32, stable: bool) -> DeviceEvent {
    DeviceEvent::Weight { grams, stable }
}

fn scale(protocol: Protocol, load: Load, streams: bool, piece: usize) -> (Till, Simulator, serialport::TTYPort) {
    let line = Line::new();
    let till = Till::with(protocol, line.path());
    let mut peer = ScalePeer::new(protocol);
    (peer.load, peer.streams) = (load, streams);
    let scale = Simulator::start(line.device, Peer::Scale(peer), piece).unwrap();
    (till, scale, line.till)
}

#[test]
fn a_passive_scale_is_asked() {
    for protocol in [Protocol::Cas, Protocol::Toledo] {
        let (till, scale, _open) = scale(protocol, Load::Stable(1235), false, 1);
        till.quiet(std::time::Duration::from_millis(100));
        assert!(till.devices.ask_weight());
        assert_eq!([till.next(), till.next()], [weight(1235, false), weight(1235, true)], "{protocol:?}");
        // Asked again, it is told again.
        scale.act(Act::Weigh(Load::Stable(500)));
        assert!(till.devices.ask_weight());
        let seen = std::iter::repeat_with(|| till.next()).find(|event| *event == weight(500, true));
        assert!(seen.is_some());
    }
}

#[test]
fn a_scale_that_streams_is_heard() {
    for protocol in [Protocol::Cas, Protocol::Generic] {
        let (till, scale, _open) = scale(protocol, Load::Moving(300), true, 5);
        assert_eq!(till.next(), weight(300, false));
        scale.act(Act::Weigh(Load::Stable(500)));
        assert_eq!([till.next(), till.next()], [weight(500, false), weight(500, true)], "{protocol:?}");
        scale.act(Act::Weigh(Load::Negative(20)));
        assert!(matches!(till.next(), DeviceEvent::ScaleTrouble(s) if s.to_string().contains("below zero")));
        scale.act(Act::Weigh(Load::Over));
        assert!(matches!(till.next(), DeviceEvent::ScaleTrouble(s) if s.to_string().contains("Too heavy")));
        scale.act(Act::Weigh(Load::Stable(0)));
        assert_eq!(till.next(), weight(0, false));
    }
}

#[test]
fn a_till_without_a_scale_says_so() {
    assert!(!Till::start(vec![]).devices.ask_weight());
    let till = Till::start(vec![pos::devices::Setting::new(Protocol::Cas, "/dev/no-scale-here")]);
    assert!(till.lost().contains("/dev/no-scale-here is not there"));
    assert!(till.devices.ask_weight());
    assert!(matches!(till.next(), DeviceEvent::ScaleTrouble(s) if s.to_string().contains("not connected")));
}
