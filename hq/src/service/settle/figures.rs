//! A statement's figures, and the two equations that bind them.

use std::collections::{BTreeMap, BTreeSet};

use domain::pricing::Totals;
use serde::{Deserialize, Serialize};

use crate::store::settle::Line;

/// All figures of a statement, in fen where they are amounts. They are of one payer's part.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Figures {
    /// Held at the end of the statement before.
    pub opening_held: i64,
    /// Claimed, in no statement before.
    pub claimed: i64,
    /// Rejected in a statement before, and taken up again since.
    pub reopened: i64,
    /// Rejected.
    pub rejected: i64,
    /// Held at the end of this one.
    pub closing_held: i64,
    /// Granted above what was claimed.
    pub raised: i64,
    /// Granted below what was claimed, negative.
    pub cut: i64,
    /// What came back before it was settled, negative.
    pub returned: i64,
    /// Granted for settlement.
    pub granted: i64,
    /// Of it: sold in an earlier period and never told of.
    pub late: i64,
    /// Of it: held in a statement before, and let go.
    pub released: i64,

    /// Unpaid at the end of the statement before.
    pub opening_unpaid: i64,
    /// Settled before, and raised since.
    pub added: i64,
    /// Settled before, and come back or lowered since; negative.
    pub offset: i64,
    /// What the store owed from the statement before.
    pub owed_before: i64,
    /// Set off against what was paid ahead.
    pub prepaid: i64,
    /// What the store owes after this one: it is set off in the next.
    pub owed_after: i64,
    /// Paid since the statement before.
    pub paid_since: i64,
    /// To be paid by this one.
    pub payable: i64,
    /// Unpaid at its end, this one included.
    pub closing_unpaid: i64,

    /// Claims that are settled here.
    pub claims: u64,
    /// Their households.
    pub households: u64,
    /// Households and days.
    pub visits: u64,
    /// Sums of those claims as granted, before returns, over all payers.
    pub totals: Totals,
    /// By month of sale, programme and fund.
    pub groups: Vec<Group>,
    /// What is settled by tax rate in basis points.
    pub by_rate: BTreeMap<i64, i64>,
    /// First and last claim in each till's chain.
    pub chains: Vec<Chain>,
    /// Payer's name.
    pub payer: String,
    /// Store's name.
    pub store: String,
    /// `third_party_payment` or `price_cut`.
    pub subsidy: String,
    /// Store's credit code.
    pub credit_code: String,
    /// `general` or `small_scale`.
    pub taxpayer: String,
}

/// A line of the statement.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// Month of sale.
    pub month: String,
    /// Programme.
    pub programme: String,
    /// Fund.
    pub fund: String,
    /// Claims that are settled here.
    pub claims: u64,
    /// Claimed, of what is settled or rejected here or held.
    pub asked: i64,
    /// Granted less claimed, of what is settled here.
    pub adjusted: i64,
    /// Came back, negative.
    pub returned: i64,
    /// Held.
    pub held: i64,
    /// Rejected.
    pub rejected: i64,
    /// Granted.
    pub granted: i64,
    /// Changes of what was settled before.
    pub changes: i64,
}

/// Where a statement's claims stand in a till's chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chain {
    /// Till.
    pub till: String,
    /// Epoch.
    pub epoch: String,
    /// First.
    pub first: u64,
    /// Last.
    pub last: u64,
}

impl Figures {
    /// Adds up a batch's lines. `first_month`: the period's first month.
    pub fn of(lines: &[Line], first_month: &str) -> Self {
        let mut f = Self::default();
        let mut settled = BTreeSet::new();
        let mut groups: BTreeMap<(String, String, String), (Group, BTreeSet<i64>)> = BTreeMap::new();
        for line in lines {
            let key = (line.month.clone(), line.programme.clone(), line.fund.clone());
            let (group, claims) = groups.entry(key).or_default();
            match (line.was.as_str(), line.standing.as_str()) {
                ("settled", _) => {
                    let change = line.net - line.before;
                    *if change < 0 { &mut f.offset } else { &mut f.added } += change;
                    group.changes += change;
                    continue;
                }
                ("", _) => f.claimed += line.asked,
                ("rejected", _) => f.reopened += line.asked,
                _ => {}
            }
            group.asked += line.asked;
            match line.standing.as_str() {
                "held" => {
                    f.closing_held += line.asked;
                    group.held += line.asked;
                }
                "rejected" => {
                    f.rejected += line.asked;
                    group.rejected += line.asked;
                }
                _ => {
                    let adjusted = line.granted - line.asked;
                    *if adjusted < 0 { &mut f.cut } else { &mut f.raised } += adjusted;
                    f.returned += line.net - line.granted;
                    f.granted += line.net;
                    if line.was == "held" {
                        f.released += line.net;
                    } else if line.month.as_str() < first_month {
                        f.late += line.net;
                    }
                    group.adjusted += adjusted;
                    group.returned += line.net - line.granted;
                    group.granted += line.net;
                    claims.insert(line.claim);
                    settled.insert(line.claim);
                }
            }
        }
        f.claims = count(settled.len());
        f.groups = groups
            .into_iter()
            .map(|((month, programme, fund), (group, claims))| Group {
                month,
                programme,
                fund,
                claims: count(claims.len()),
                ..group
            })
            .collect();
        f
    }

    /// What is due before what was paid ahead; below zero the store owes it.
    pub fn balance(&self) -> i64 {
        self.granted + self.added + self.offset - self.owed_before
    }

    /// The equation of what was claimed: opening held + claimed + taken up again + raised − cut − returned
    /// − rejected − still held = granted. Its left side.
    pub fn claims_side(&self) -> i64 {
        self.opening_held + self.claimed + self.reopened + self.raised + self.cut + self.returned
            - self.rejected
            - self.closing_held
    }

    /// The equation of what is owed: opening unpaid + granted + added − offset − owed before − prepaid
    /// + owed after − paid since = closing unpaid. Its left side.
    pub fn money_side(&self) -> i64 {
        self.opening_unpaid + self.balance() - self.prepaid + self.owed_after - self.paid_since
    }

    /// Whether both hold, and every table of the statement makes its sum.
    pub fn hold(&self) -> bool {
        let groups = |of: fn(&Group) -> i64| self.groups.iter().map(of).sum::<i64>();
        self.claims_side() == self.granted
            && self.money_side() == self.closing_unpaid
            && groups(|g| g.granted) == self.granted
            && groups(|g| g.changes) == self.added + self.offset
            && groups(|g| g.held) == self.closing_held
            && self.by_rate.values().sum::<i64>() == self.granted + self.added + self.offset
            && self.payable >= 0
    }
}

/// How many.
pub fn count(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}
