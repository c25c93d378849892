//! What is fed with bytes that nobody promised anything about. Each function may answer what it likes and
//! must not panic. `tests/tests/suite/fuzz.rs` feeds them with what is kept in `fuzz/corpus`.

use domain::barcode::ProductKey;
use domain::label::Pattern;
use domain::money::Money;
use domain::quantity::Quantity;
use domain::resident::{CardNumber, IdNumber};
use pos::devices::{id_card, scale, scanner};
use printers::status;
use sheets::{Limits, Reading};
use sync::jws::{Key, Unverified};

#[path = "served.rs"]
mod served;

/// A target and its name.
pub type Target = (&'static str, fn(&[u8]));

/// Every target by its name, which is also that of its folder in the corpus.
pub const ALL: [Target; 9] = [
    ("api", served::api),
    ("codes", codes),
    ("console", served::console),
    ("id_card", id_card),
    ("record", served::record),
    ("scale", scale),
    ("sheet", sheet),
    ("status", status),
    ("token", token),
];

/// Barcodes, labels of a scale and their patterns, numbers of people and cards, amounts; a scanner's line.
pub fn codes(data: &[u8]) {
    let mut decoder = scanner::Decoder::default();
    for half in [&data[..data.len() / 2], &data[data.len() / 2..]] {
        decoder.push(half);
    }
    let text = String::from_utf8_lossy(data);
    let (pattern, code) = text.split_once('\n').unwrap_or(("2PPPPPEEEEEEC", &text));
    ProductKey::barcode(code).ok();
    ProductKey::plu(code).ok();
    ProductKey::parse_tagged(code).ok();
    IdNumber::parse(code).ok();
    CardNumber::parse(code).ok();
    if let (Ok(price), Ok(quantity)) = (Money::parse(code), Quantity::parse(pattern)) {
        price.times(quantity);
    }
    if let Ok(patterns) = Pattern::parse_list(pattern) {
        domain::label::read(&patterns, code);
    }
}

/// An ID-card reader's line, in two pieces.
pub fn id_card(data: &[u8]) {
    let Some((at, data)) = data.split_first() else { return };
    let mut decoder = id_card::Decoder::default();
    let (first, second) = data.split_at(usize::from(*at).min(data.len()));
    decoder.push(first);
    decoder.push(second);
    decoder.push(&id_card::frame(second.get(..1000).unwrap_or(second)));
}

/// A scale's line in each protocol.
pub fn scale(data: &[u8]) {
    for mut decoder in [
        scale::Decoder::Cas(Default::default()),
        scale::Decoder::Toledo(Default::default()),
        scale::Decoder::Generic(Default::default()),
    ] {
        let mut steady = scale::Steady::default();
        for event in decoder.push(data) {
            steady.push(event);
        }
    }
}

/// A printer's answers; the first byte says what was asked.
pub fn status(data: &[u8]) {
    let Some((asked, data)) = data.split_first() else { return };
    let mut decoder = status::Decoder::default();
    use status::Question::{Done, Fault, Offline, Paper, Printer};
    let questions = [Printer, Offline, Fault, Paper, Done];
    for (at, question) in questions.into_iter().enumerate() {
        if asked >> at & 1 == 1 {
            decoder.asked(question);
        }
    }
    status::Condition::of(&decoder.push(data));
}

/// A file that somebody sends: CSV, XLSX or XLS by its first bytes; unzipped, it is small here.
pub fn sheet(data: &[u8]) {
    let limits = Limits { bytes: 1 << 20, unzipped: 4 << 20, rows: 10_000, columns: 64, text: 1 << 20 };
    for known in [&["条码", "名称", "单价"][..], &[]] {
        sheets::read(data, &Reading::new(known).limits(limits)).ok();
    }
}

/// A bearer token: as it is, and as the payload of one that is signed.
pub fn token(data: &[u8]) {
    let key = Key::from_seed(&[7; 32]);
    if let Ok(text) = std::str::from_utf8(data) {
        sync::token::check(text, &key.jwk(), 1_764_000_000).ok();
        for with_jwk in [false, true] {
            if let Ok(unverified) = Unverified::parse(text, "JWT", with_jwk) {
                if let Ok(jwk) = unverified.jwk() {
                    unverified.verify(&jwk).ok();
                }
                unverified.verify(&key.jwk()).ok();
            }
        }
    }
    sync::token::check(&key.sign("JWT", data), &key.jwk(), 1_764_000_000).ok();
}
