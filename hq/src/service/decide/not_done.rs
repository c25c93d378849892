//! Why a decision was not made, in words.

use domain::lang::Lang;

use crate::store::reviews::EventRow;

/// Why nothing was decided. Nothing changed then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotDone {
    /// Only reviewers decide.
    Role,
    /// There is no such claim in this person's district.
    Gone,
    /// It is of the person's own household.
    Own,
    /// It changed since it was looked at.
    Changed {
        /// Its state now.
        state: String,
        /// What happened last.
        last: Option<Box<EventRow>>,
    },
    /// In this state it cannot be decided so.
    State(String),
    /// The reason is missing, or too long.
    Words,
    /// For this line more is given than was claimed.
    Amount(u32),
    /// The claim cannot be read.
    Unreadable,
    /// It is not known what letting it go would give.
    NoOffer,
    /// These cannot be decided together.
    Unlike,
    /// The picture is no JPEG or PNG, or too large.
    Picture,
}

impl NotDone {
    /// What happened and what to do, in a sentence. `state` and `moment` put codes and times into words.
    pub fn sentence(&self, lang: Lang, state_word: &dyn Fn(&str) -> String, moment: &dyn Fn(i64) -> String) -> String {
        let fixed = |zh: &str, en: &str| lang.of(zh, en).to_owned();
        match self {
            Self::Role => fixed("只有审核员能决定，请找审核员。", "Only a reviewer decides: ask one."),
            Self::Gone => fixed(
                "没有这笔申报，或者它不在您的地区。请回到列表再选。",
                "There is no such claim in your district. Go back to the list.",
            ),
            Self::Own => fixed(
                "这是您自己家的申报，请别的审核员决定。",
                "This is a claim of your own household: another reviewer decides on it.",
            ),
            Self::Changed { state, last } => {
                let state = state_word(state);
                match last {
                    Some(last) if !last.who.is_empty() => lang.of(
                        format!("{}在 {} 已经处理了这笔申报，现在是“{state}”。您的决定没有记下，请看一下再说。", last.who, moment(last.at)),
                        format!("{} dealt with it at {}: it is now “{state}”. Your decision was not made; look at it again.", last.who, moment(last.at)),
                    ),
                    _ => lang.of(
                        format!("这笔申报刚刚变了，现在是“{state}”。您的决定没有记下，请看一下再说。"),
                        format!("It has just changed and is now “{state}”. Your decision was not made; look at it again."),
                    ),
                }
            }
            Self::State(state) => {
                let state = state_word(state);
                lang.of(
                    format!("“{state}”的申报不能这样决定，请选别的办法。"),
                    format!("A claim that is “{state}” cannot be decided so: choose another way."),
                )
            }
            Self::Words => fixed(
                "请写明原因（不超过 1000 字），减少和驳回还要选原因代码。",
                "Say why, in at most 1,000 characters; granting less and rejecting also want a reason code.",
            ),
            Self::Amount(line) => lang.of(
                format!("第 {line} 行的金额比申报的高，或者看不懂，请改小。"),
                format!("Line {line} gives more than was claimed, or cannot be read: lower it."),
            ),
            Self::Unreadable => fixed(
                "这笔申报读不懂，没有金额可以决定。请让门店重新开单。",
                "The claim cannot be read, so there is no amount to decide on: the store makes a new sale.",
            ),
            Self::NoOffer => fixed(
                "不知道放行该给多少，请按行填写金额。",
                "It is not known what letting it go would give: enter amounts by line.",
            ),
            Self::Unlike => fixed(
                "只有同一家店、同样状态、同样原因的申报能一起放行或驳回，一次最多 200 笔。请重新选择。",
                "Only claims of one store with the same state and reasons are let go or rejected together, 200 at most: choose again.",
            ),
            Self::Picture => fixed(
                "照片要是 JPEG 或 PNG，不超过 2 MB。请换一张。",
                "The picture must be a JPEG or PNG of at most 2 MB: choose another.",
            ),
        }
    }
}
