//! What becomes of a claim at headquarters, in words that till, paper and console share.

use crate::lang::Lang;

/// Where a claim stands (spec/sync.md, "Life of a claim").
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ClaimState {
    /// 已核准
    Accepted,
    /// 已调减
    Adjusted,
    /// 待审核
    Held,
    /// 已驳回
    Rejected,
    /// 申诉中
    Disputed,
    /// 已复核
    Reviewed,
    /// 已入批
    Batched,
    /// 已审批
    Approved,
    /// 已付款
    Paid,
    /// 已确认
    Confirmed,
}

impl ClaimState {
    /// All of them, in the order of a claim's life.
    pub const ALL: [Self; 10] = [
        Self::Accepted,
        Self::Adjusted,
        Self::Held,
        Self::Rejected,
        Self::Disputed,
        Self::Reviewed,
        Self::Batched,
        Self::Approved,
        Self::Paid,
        Self::Confirmed,
    ];

    /// Reads the code.
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.code() == code)
    }

    /// The code of listings and lists.
    pub fn code(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Adjusted => "adjusted",
            Self::Held => "held",
            Self::Rejected => "rejected",
            Self::Disputed => "disputed",
            Self::Reviewed => "reviewed",
            Self::Batched => "batched",
            Self::Approved => "approved",
            Self::Paid => "paid",
            Self::Confirmed => "confirmed",
        }
    }

    /// The word for people.
    pub fn word(self, lang: Lang) -> &'static str {
        match self {
            Self::Accepted => lang.of("已核准", "accepted"),
            Self::Adjusted => lang.of("已调减", "adjusted"),
            Self::Held => lang.of("待审核", "held for review"),
            Self::Rejected => lang.of("已驳回", "rejected"),
            Self::Disputed => lang.of("申诉中", "disputed"),
            Self::Reviewed => lang.of("已复核", "reviewed"),
            Self::Batched => lang.of("已入批", "in a batch"),
            Self::Approved => lang.of("已审批", "approved"),
            Self::Paid => lang.of("已付款", "paid"),
            Self::Confirmed => lang.of("已确认", "confirmed"),
        }
    }

    /// Whether people at headquarters have yet to decide on it.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Held | Self::Disputed)
    }

    /// Whether the store may say that it is wrong.
    pub fn may_be_disputed(self) -> bool {
        matches!(self, Self::Adjusted | Self::Held | Self::Rejected)
    }
}

/// Why a claim is not simply accepted (spec/sync.md): code, Chinese, English.
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

/// A reason in words.
pub fn reason(lang: Lang, code: &str) -> &'static str {
    let known = REASONS.iter().find(|(known, _, _)| *known == code);
    known.map_or(lang.of("其他原因", "another reason"), |(_, zh, en)| lang.of(zh, en))
}
