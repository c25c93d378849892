//! The window's worker: what headquarters says reaches the screen without anybody asking.

use std::time::{Duration, Instant};

use domain::till::Event;
use pos::app::worker::{Link, Request};
use pos::shop::Shop;

use super::bench::{card, folder, rice, signed_in};
use super::server::{Mood, Server};

#[test]
fn the_screen_shows_what_is_left_everywhere_when_headquarters_answers() {
    let server = Server::start(Mood::Slow("35.00", Duration::from_millis(300)));
    let dir = folder(&server.url, &server.key);
    let font = printers::font::system().expect("fonts-wqy-microhei is installed");
    let mut link = Link::start(Shop::open(dir.path()).unwrap(), font, || {}).unwrap();
    let started = Instant::now();
    for event in [signed_in(), Event::OpenShift { float: "0".into() }, rice("40.00"), card("H1")] {
        assert!(link.ask(Request::Event(event)));
    }
    let until = started + Duration::from_secs(20);
    let taken = |link: &Link| {
        let (snapshot, ..) = link.look();
        snapshot.family.as_ref().map(|family| family.programmes[0].taken.to_string())
    };
    // First by what the till knows, at once; then by what headquarters knows.
    while taken(&link).is_none() {
        assert!(Instant::now() < until);
        std::thread::sleep(Duration::from_millis(1));
    }
    let mut shown = vec![taken(&link)];
    while taken(&link).as_deref() != Some("15.00") {
        assert!(Instant::now() < until, "{shown:?}");
        std::thread::sleep(Duration::from_millis(1));
    }
    shown.push(taken(&link));
    let (snapshot, ..) = link.look();
    let family = snapshot.family.clone().unwrap();
    assert!(family.online);
    assert_eq!(family.programmes[0].left[0].amount.to_string(), "0.00");
    assert_eq!(shown, [Some("10.00".to_owned()), Some("15.00".to_owned())]);
}
