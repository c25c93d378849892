//! Faults that are planted, so that the checkers show that they find them.

/// What is wrong on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Rig {
    /// Nothing: the product as it is.
    #[default]
    None,
    /// A till forgets what it had not sent when it first got a receipt.
    ForgetsUnsent,
    /// A till takes for acknowledged what it has no receipt for.
    BelievesWithoutReceipt,
    /// A till's last sales were never written to its disk when it crashes, and their numbers are used again.
    LosesUnflushed,
    /// A till claims a sale twice, under two ids.
    ClaimsTwice,
    /// A till asks a fen more than the rules give.
    OneFenMore,
    /// A till does not listen to balances.
    IgnoresBalances,
    /// A till's running total is a fen off.
    WrongTotal,
    /// The way swallows a till's records from a claim on, and forges receipts for them.
    Swallows,
    /// A till pays under a hold that it has for another basket.
    UnderAnotherHold,
    /// Headquarters grants as if nothing were held for others.
    ForgetsHolds,
    /// Headquarters' balance of one limit is off.
    BalanceChanged,
    /// Headquarters lost a claim.
    ClaimDeleted,
    /// A movement of a limit was counted twice.
    MovementDoubled,
    /// Headquarters lost a reversal, with all that it moved.
    ReversalDropped,
    /// A decision took back what was granted, and balances still count it.
    GrantedWithoutBalances,
    /// A record at headquarters is not the one that the till signed.
    RecordChanged,
}

impl Rig {
    /// Whether it lives in headquarters' database, where it is planted after the last round.
    pub fn in_database(self) -> Option<&'static [&'static str]> {
        match self {
            Self::BalanceChanged => Some(&["UPDATE balances SET used_milli = used_milli + 10 WHERE money = 1"]),
            Self::ClaimDeleted => Some(&[
                "DELETE FROM movements WHERE record_id = (SELECT max(record_id) FROM claims)",
                "DELETE FROM claims WHERE record_id = (SELECT max(record_id) FROM claims)",
            ]),
            Self::MovementDoubled => Some(&[
                "INSERT INTO movements (record_id, till_id, household, person, programme, limit_id, period, money, milli)
                 SELECT record_id, till_id, household, person, programme, limit_id, period, money, milli
                 FROM movements WHERE id = (SELECT max(id) FROM movements)",
                "UPDATE balances SET used_milli = (SELECT sum(milli) FROM movements m WHERE m.household = balances.household
                   AND m.person = balances.person AND m.programme = balances.programme
                   AND m.limit_id = balances.limit_id AND m.period = balances.period)",
            ]),
            Self::ReversalDropped => Some(&[
                "DELETE FROM movements WHERE record_id IN (SELECT record_id FROM reversals)",
                "DELETE FROM reversals",
                "UPDATE balances SET used_milli = (SELECT coalesce(sum(milli), 0) FROM movements m
                   WHERE m.household = balances.household AND m.person = balances.person
                   AND m.programme = balances.programme AND m.limit_id = balances.limit_id
                   AND m.period = balances.period)",
            ]),
            Self::GrantedWithoutBalances => Some(&["UPDATE claims SET granted_fen = 0, posted = '[]', state = 'rejected'
                WHERE id = (SELECT max(id) FROM claims WHERE claimed_fen > 0 AND state = 'accepted')"]),
            Self::RecordChanged => Some(&["UPDATE records SET jws = jws || 'x' WHERE id = (SELECT max(id) FROM records)"]),
            Self::None
            | Self::ForgetsUnsent
            | Self::BelievesWithoutReceipt
            | Self::LosesUnflushed
            | Self::ClaimsTwice
            | Self::OneFenMore
            | Self::IgnoresBalances
            | Self::WrongTotal
            | Self::Swallows
            | Self::UnderAnotherHold
            | Self::ForgetsHolds => None,
        }
    }
}
