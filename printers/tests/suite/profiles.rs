//! Kinds of printers: their settings as text, and what each changes in the bytes.

use printers::charset::{Charset, bytes_of, narrow};
use printers::profile::{Asking, Cut, Drawer, NAMED, Pin, QrBy};
use printers::{Profile, Target, drawer_bytes, paper, receipt_bytes, test_page};
use proptest::prelude::*;

use crate::samples;

fn parse(text: &str) -> Result<Profile, String> {
    text.parse()
}

#[test]
fn settings_are_one_line() {
    let text = "columns=48,charset=gbk,cut=full,drawer=5/100/200,status=dle_eot,confirm=yes,qr=raster,feed=3";
    let profile = Profile {
        columns: 48,
        charset: Charset::Gbk,
        cut: Cut::Full,
        drawer: Some(Drawer { pin: Pin::Five, on_ms: 100, off_ms: 200 }),
        status: Asking::DleEot,
        confirm: true,
        qr: QrBy::Raster,
        feed: 3,
    };
    assert_eq!((parse(text), profile.to_string().as_str()), (Ok(profile), text));
    assert_eq!(parse(""), Ok(Profile::default()));
    assert_eq!(parse("columns=48"), Ok(Profile::with_columns(48)), "the feed goes with the width");
    assert_eq!(parse("feed=2, columns=48"), Ok(Profile { feed: 2, ..Profile::with_columns(48) }));
    assert_eq!(parse("80mm, drawer=2"), Ok(Profile { drawer: Some(Drawer::default()), ..Profile::with_columns(48) }));
}

#[test]
fn printers_ready_made_have_names() {
    let dots: Vec<usize> = NAMED.iter().map(|(name, _)| Profile::named(name).unwrap().dots()).collect();
    assert_eq!(dots, [384, 576, 512]);
    assert_eq!(Profile::named("58mm"), Some(Profile::default()));
    assert_eq!(Profile::named("110mm"), None);
}

#[test]
fn what_is_wrong_with_settings_is_said_in_both_languages() {
    for (text, words) in [
        ("columns=40", "`columns=40` 不对，请用 32, 42, 48"),
        ("cut=half", "use none, full, partial"),
        ("drawer=3", "2/50/500"),
        ("drawer=2/51/500", "2/50/500"),
        ("drawer=2/50", "2/50/500"),
        ("drawer=2/50/512", "2/50/500"),
        ("feed=300", "0-255"),
        ("cut=none,confirm", "yes, no"),
        ("speed=9", "没有 `speed` 这项设置"),
        ("100mm,cut=full", "58mm, 80mm, 80mm-42"),
    ] {
        let sentence = parse(text).unwrap_err();
        assert!(sentence.contains(words) && sentence.contains("。 "), "{text}: {sentence}");
    }
}

#[test]
fn a_drawer_is_five_bytes_and_no_paper() {
    assert_eq!(drawer_bytes(Drawer::default()), [0x1B, 0x70, 0x00, 0x19, 0xFA]);
    assert_eq!(drawer_bytes(Drawer { pin: Pin::Five, on_ms: 100, off_ms: 100 }), [0x1B, 0x70, 0x01, 0x32, 0x32]);
    let after = [drawer_bytes(Drawer::default()), b"\x1b\x40A\n".to_vec()].concat();
    let page = paper::read(&after);
    assert_eq!((page.drawer, page.unknown.len(), page.lines), (1, 0, vec!["A".to_owned()]));
    let receipt = receipt_bytes(&samples::plain(), Profile { drawer: Some(Drawer::default()), ..Profile::default() });
    assert_eq!(paper::read(&receipt.unwrap()).drawer, 0, "the drawer is a job of its own");
}

#[test]
fn paper_ends_as_the_printer_cuts() {
    let end = |profile: Profile| {
        let bytes = test_page(profile).unwrap();
        bytes[bytes.len() - 7..].to_vec()
    };
    let profile = Profile::default();
    assert_eq!(end(profile), [0x1B, 0x64, 0x04, 0x1D, 0x56, 0x42, 0x00]);
    assert_eq!(end(Profile { cut: Cut::Full, feed: 2, ..profile }), [0x1B, 0x64, 0x02, 0x1D, 0x56, 0x41, 0x00]);
    assert!(end(Profile { cut: Cut::None, ..profile }).ends_with(&[0x1B, 0x64, 0x04]));
}

/// As many two-byte characters as Python's codecs have in common with ours.
#[test]
fn a_charset_has_neither_more_nor_less_than_its_printers() {
    let every =
        || ('\u{80}'..='\u{ffff}').filter(|c| !('\u{e000}'..='\u{f8ff}').contains(c) && bytes_of(*c).len() == 2);
    let count = |charset: Charset| every().filter(|c| charset.has(*c)).count();
    // GB2312 has 6,763 hanzi and 682 signs.
    assert_eq!((count(Charset::Gb2312), count(Charset::Gbk)), (7445, 21_791));
    assert!(every().all(|c| Charset::Gb18030.has(c)) && every().count() > 21_791);
    assert!((' '..='~').all(|c| Charset::Gb2312.has(c)));
    assert_eq!(narrow("镕鎔䶮惠A￥", Charset::Gb2312), "〓〓〓惠A￥");
    assert_eq!(narrow("镕鎔䶮惠A￥", Charset::Gbk), "镕鎔〓惠A￥");
    assert_eq!(narrow("镕鎔䶮惠A￥", Charset::Gb18030), "镕鎔䶮惠A￥");
}

#[test]
fn a_narrow_charset_moves_no_figure() {
    let lines = vec![samples::line("龘記醬油 500ml", "1", "瓶", "8.90", "8.90")];
    let receipt = domain::receipt::Receipt { lines, ..samples::plain() };
    let page = |charset| {
        let profile = Profile { charset, ..Profile::with_columns(48) };
        paper::read(&receipt_bytes(&receipt, profile).unwrap()).text()
    };
    let (wide, narrow) = (page(Charset::Gb18030), page(Charset::Gb2312));
    assert!(wide.contains("龘記醬油 500ml") && narrow.contains("〓〓〓油 500ml"), "{narrow}");
    assert_eq!(wide.replace("龘記醬", "〓〓〓"), narrow);
}

#[test]
fn queues_of_windows_are_for_windows() {
    let sentence = Target::parse("winspool:POS80").unwrap_err();
    assert!(sentence.contains("只能在 Windows 上用") && sentence.contains("Windows only"), "{sentence}");
}

proptest! {
    #[test]
    fn settings_read_back(
        columns in prop::sample::select(vec![32_usize, 42, 48]),
        charset in prop::sample::select(vec![Charset::Gb2312, Charset::Gbk, Charset::Gb18030]),
        cut in prop::sample::select(vec![Cut::None, Cut::Full, Cut::Partial]),
        drawer in prop::option::of((any::<bool>(), 1_u16..=255, 1_u16..=255)),
        status in prop::sample::select(vec![Asking::None, Asking::DleEot, Asking::Asb]),
        confirm in any::<bool>(),
        is_raster in any::<bool>(),
        feed in any::<u8>(),
    ) {
        let drawer = drawer.map(|(five, on, off)| {
            Drawer { pin: if five { Pin::Five } else { Pin::Two }, on_ms: 2 * on, off_ms: 2 * off }
        });
        let qr = if is_raster { QrBy::Raster } else { QrBy::Native };
        let profile = Profile { columns, charset, cut, drawer, status, confirm, qr, feed };
        prop_assert_eq!(parse(&profile.to_string()), Ok(profile));
    }

    #[test]
    fn no_settings_make_reading_fail(text in "[a-z0-9=,/_ -]{0,60}") {
        if let Ok(profile) = parse(&text) {
            prop_assert_eq!(parse(&profile.to_string()), Ok(profile));
        }
    }
}
