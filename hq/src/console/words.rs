//! What the console says: states and reasons in words, dates, addresses.

use chrono::DateTime;
use domain::claim::ClaimState;
pub use domain::claim::{REASONS, reason};
use domain::lang::Lang;
use domain::money::Money;
use domain::time::shanghai;

/// An amount in fen as `¥1,234.50`.
pub fn yuan(fen: i64) -> String {
    domain::words::yuan(Money::from_fen(fen.into()))
}

/// How much less or more, with its sign; nothing where it is the same.
pub fn difference(fen: i64) -> maud::Markup {
    maud::html! {
        @if fen < 0 { span.less { (yuan(fen)) } } @else if fen > 0 { "+" (yuan(fen)) } @else { "–" }
    }
}

/// A state of a claim in words; its code where there are none.
pub fn state(lang: Lang, code: &str) -> &str {
    ClaimState::parse(code).map_or(code, |state| state.word(lang))
}

/// Steps of a claim's life: code, Chinese, English.
const EVENTS: [(&str, &str, &str); 9] = [
    ("judged", "核算", "priced"),
    ("decided", "决定", "decided"),
    ("disputed", "门店申诉", "disputed by the store"),
    ("answered", "答复申诉", "dispute answered"),
    ("batched", "入批", "put into a batch"),
    ("approved", "审批", "approved"),
    ("paid", "付款", "paid"),
    ("confirmed", "门店确认", "confirmed by the store"),
    ("released", "退出批次", "taken out of a batch"),
];

/// A step of a claim's life in words.
pub fn event(lang: Lang, code: &str) -> &str {
    EVENTS.iter().find(|(known, _, _)| *known == code).map_or(code, |(_, zh, en)| lang.of(zh, en))
}

/// Kinds of records: code, Chinese, English.
const KINDS: [(&str, &str, &str); 5] = [
    ("claim", "申报", "claim"),
    ("reversal", "退货冲正", "reversal"),
    ("day_close", "日结", "day close"),
    ("event", "事件", "event"),
    ("epoch", "新的一段", "new epoch"),
];

/// A kind of record in words.
pub fn kind(lang: Lang, code: &str) -> &str {
    KINDS.iter().find(|(known, _, _)| *known == code).map_or(code, |(_, zh, en)| lang.of(zh, en))
}

/// The half of a sentence in both languages that this person reads.
pub fn half(lang: Lang, sentence: &str) -> &str {
    match sentence.split_once("。 ") {
        Some((zh, en)) => lang.of(zh, en),
        None => sentence,
    }
}

/// The codes of a list in JSON.
pub fn codes(json: &str) -> Vec<String> {
    serde_json::from_str(json).unwrap_or_default()
}

/// Day and time in Shanghai of milliseconds since 1970.
pub fn moment(ms: i64) -> String {
    let at = DateTime::from_timestamp_millis(ms).unwrap_or_default();
    at.with_timezone(&shanghai()).format("%Y-%m-%d %H:%M").to_string()
}

/// Text as a value of an address.
pub fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}
