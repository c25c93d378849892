//! Headquarters' public log, in words for the manager.

use domain::record::LogHead;
use sync::engine::LogFault;

/// Longest that is kept of what headquarters said, in characters.
pub const MOST_TOLD: usize = 4096;

/// What is wrong, and what to do: a sentence in both languages.
pub fn sentence(kept: Option<&LogHead>, fault: LogFault) -> String {
    let size = kept.map_or(0, |head| head.size);
    let (zh, en) = match fault {
        LogFault::Unsigned => {
            return "总部的公开日志没有总部的签名，请店长打电话问总部；照常营业，本机留下了证据。 \
                    The public log is not signed by headquarters: the manager calls them. Selling goes on, and the evidence is kept here"
                .into();
        }
        LogFault::Shrunk => ("少了记录", "has fewer records than it had"),
        LogFault::Changed => ("换了内容", "has other records than it had"),
        LogFault::Rewritten => ("改动过", "does not go on from what it was"),
    };
    format!(
        "总部的公开日志{zh}（本机核对过前 {size} 条），可能有人改了账，请店长告诉上级或审计；照常营业，本机留下了证据。 \
         Headquarters' public log {en} (this till had checked {size}): somebody may have changed the books. The manager \
         tells the auditor; selling goes on, and the evidence is kept here"
    )
}
