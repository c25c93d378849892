//! What the console says: states and reasons in words, dates, addresses.

use chrono::DateTime;
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

/// A state of a claim: code, Chinese, English.
pub const STATES: [(&str, &str, &str); 12] = [
    ("accepted", "已核准", "accepted"),
    ("adjusted", "已调减", "adjusted"),
    ("held", "待审核", "held for review"),
    ("rejected", "已驳回", "rejected"),
    ("disputed", "申诉中", "disputed"),
    ("reviewed", "已复核", "reviewed"),
    ("batched", "已入批", "in a batch"),
    ("approved", "已审批", "approved"),
    ("settled", "已结算", "settled"),
    ("paid", "已付款", "paid"),
    ("confirmed", "已确认", "confirmed"),
    ("reversed", "已冲回", "reversed"),
];

/// A state in words; its code where there are none.
pub fn state(lang: Lang, code: &str) -> &str {
    STATES.iter().find(|(known, _, _)| *known == code).map_or(code, |(_, zh, en)| lang.of(zh, en))
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

/// Why a claim is not simply accepted (spec/sync.md).
pub const REASONS: [(&str, &str, &str); 17] = [
    ("R01", "名册里没有这一户或这个人", "household or person is not in the roster"),
    ("R02", "当天不符合条件", "not valid on that date"),
    ("R03", "超出限额或余额", "above a limit or a balance"),
    ("R04", "商品不在项目范围内", "goods are not in the programme's scope"),
    ("R05", "价格高于项目最高限价", "price above the programme's ceiling"),
    ("R06", "不是最近 7 天的最低价", "not the lowest price of the last 7 days"),
    ("R07", "项目版本不对", "not the programme's version of that day"),
    ("R08", "与另一笔申报重复", "the same as another claim"),
    ("R09", "记录链、分支或累计金额对不上", "chain, branch or running total does not fit"),
    ("R10", "签名不对", "the signature fails"),
    ("R11", "时间不对，或上传太晚", "the time is wrong, or it came too late"),
    ("R12", "门店或款台不对，或密钥已作废", "store or till does not fit, or its key was revoked"),
    ("R13", "资金已用完，等待补足", "the fund is spent: the money waits"),
    ("R14", "退货与销售对不上", "a return does not match its sale"),
    ("R15", "有可疑的规律，请人看一看", "a suspected pattern: a person looks at it"),
    ("R16", "缺少凭据", "evidence is missing"),
    ("R17", "无法读取，或金额不能由规则得出", "malformed, or amounts that do not follow from the rules"),
];

/// The half of a sentence in both languages that this person reads.
pub fn half(lang: Lang, sentence: &str) -> &str {
    match sentence.split_once("。 ") {
        Some((zh, en)) => lang.of(zh, en),
        None => sentence,
    }
}

/// A reason in words.
pub fn reason(lang: Lang, code: &str) -> &'static str {
    let known = REASONS.iter().find(|(known, _, _)| *known == code);
    known.map_or(lang.of("其他原因", "another reason"), |(_, zh, en)| lang.of(zh, en))
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
