//! Households that the roster entitles and that did not come. Who they are is shown to who keeps the roster or reviews
//! claims, for a reason that is noted; others see counts.

use anyhow::Result;

use super::{Period, Wanted};
use crate::service::Hq;
use crate::service::access::Role;
use crate::service::session::Person;
use crate::store::entitled::{self, Absent, Entitled, Group};
use crate::store::sql::Conn;

/// Most households of a list.
pub const MOST: i64 = 200;
/// Shortest reason, in characters.
const SHORTEST: usize = 4;

/// Whom a report is about, within the person's district.
pub fn whom(conn: &Conn, person: &Person, period: Period, wanted: Wanted) -> Result<Entitled> {
    let (first, last) = period.days();
    let end = period.months().last().and_then(|month| next_month(month)).unwrap_or(i64::MAX);
    Ok(Entitled {
        version: entitled::version_at(conn, end)?,
        period: period.key(),
        first,
        last,
        category: wanted.category,
        size: wanted.size,
        district: wanted.district,
        within: person.district.clone(),
    })
}

/// The moment in Shanghai at which a month is over, in milliseconds since 1970.
fn next_month(month: &str) -> Option<i64> {
    let first = domain::time::parse_date(&format!("{month}-01")).ok()?;
    let next = first.checked_add_months(chrono::Months::new(1))?.and_hms_opt(0, 0, 0)?;
    Some(next.and_local_timezone(domain::time::shanghai()).single()?.timestamp_millis())
}

/// Counts by county, category and size.
pub fn groups(conn: &Conn, whom: &Entitled) -> Result<Vec<Group>> {
    entitled::groups(conn, whom)
}

/// Who may see which families did not come.
pub fn may_list(role: Role) -> bool {
    matches!(role, Role::Reviewer | Role::Roster)
}

/// The families that did not come, with masked names; the reason is noted first. None where the person may not see
/// them, or gave no reason.
pub fn list(hq: &Hq, person: &Person, whom: &Entitled, reason: &str) -> Result<Option<Vec<Absent>>> {
    let reason = reason.trim();
    if !may_list(person.role) || !(SHORTEST..=200).contains(&reason.chars().count()) {
        return Ok(None);
    }
    let rows = entitled::absent(&hq.reading().conn, whom, MOST)?;
    let detail = serde_json::json!({ "period": whom.period, "rows": rows.len(), "reason": reason });
    crate::store::audit(&hq.db().conn, &person.name, "unreached list", &detail.to_string())?;
    Ok(Some(rows))
}
