//! ID cards are laid down and lifted.

use std::time::Duration;

use pos::devices::id_card::Validity;
use pos::devices::simulator::{Act, CardPeer, Peer, Simulator};
use pos::devices::{DeviceEvent, Protocol};

use crate::{Line, Till};

const FIRST: &str = "11010519491231002X";
const SECOND: &str = "440524188001010014";

fn number(event: DeviceEvent) -> String {
    match event {
        DeviceEvent::Card(card) => {
            assert!(matches!(card.until, Validity::Until(_)));
            card.credential.digest_input()
        }
        other => panic!("{other:?}"),
    }
}

fn reader(line: Line, finds_again: bool, piece: usize) -> (Till, Simulator, serialport::TTYPort) {
    let till = Till::with(Protocol::Sdt, line.path());
    let mut peer = CardPeer::default();
    peer.finds_again = finds_again;
    let reader = Simulator::start(line.device, Peer::Card(peer), piece).unwrap();
    (till, reader, line.till)
}

#[test]
fn a_card_is_laid_down_lifted_and_another_comes() {
    for finds_again in [false, true] {
        let (till, reader, _open) = reader(Line::new(), finds_again, 1024);
        reader.act(Act::Present(FIRST.into()));
        assert_eq!(number(till.next()), FIRST);
        // While it lies there it is told once.
        till.quiet(Duration::from_millis(1200));
        reader.act(Act::Remove);
        reader.act(Act::Present(SECOND.into()));
        // Whoever changes cards needs a moment for it.
        if finds_again {
            reader.act(Act::Remove);
            reader.act(Act::Wait(Duration::from_millis(700)));
            reader.act(Act::Present(SECOND.into()));
        }
        assert_eq!(number(till.next()), SECOND);
        reader.act(Act::Remove);
        reader.act(Act::Wait(Duration::from_millis(1500)));
        reader.act(Act::Present(SECOND.into()));
        assert_eq!(number(till.next()), SECOND, "laid down again, it is told again");
        assert_eq!(till.devices.status()[0].last_raw, None, "nothing of a card is kept");
    }
}

#[test]
fn byte_by_byte_with_noise_between() {
    let (till, reader, _open) = reader(Line::new(), false, 1);
    reader.act(Act::Raw(b"\xAA\xAA\xAA\x96\x69\x05\x08noise".to_vec()));
    reader.act(Act::Wait(Duration::from_millis(350)));
    reader.act(Act::Raw(b"\x00\xAA\xAA".to_vec()));
    reader.act(Act::Present(FIRST.into()));
    assert_eq!(number(till.next()), FIRST);
}

#[test]
fn cards_that_give_no_number() {
    let (till, reader, _open) = reader(Line::new(), false, 256);
    reader.act(Act::PresentForeign);
    let DeviceEvent::CardTrouble(sentence) = till.next() else { panic!("trouble expected") };
    assert!(sentence.to_string().contains("爱心卡"), "{sentence}");
    reader.act(Act::Remove);
    reader.act(Act::Wait(Duration::from_millis(700)));
    // A number whose check digit is wrong is tried, and then told.
    reader.act(Act::Present("110105194912310021".into()));
    let DeviceEvent::CardTrouble(sentence) = till.next() else { panic!("trouble expected") };
    assert!(sentence.to_string().contains("lift it"), "{sentence}");
}
