//! Benefit cards: issued with a number that cannot be guessed, lost, replaced, printed.

use anyhow::Result;
use domain::resident::CardNumber;

use super::edit::{Change, Deed, change};
use super::entry::{Private, tail};
use super::seal;
use super::{No, may};
use crate::service::Hq;
use crate::service::access::Action;
use crate::service::session::Person;
use crate::store::cards;
use crate::store::people::{Known, Member};

/// A new number: 16 random digits and Luhn's check digit (spec/sync.md).
pub fn draw() -> Result<CardNumber> {
    let mut digits = String::new();
    while digits.len() < 16 {
        // Only bytes below 250 are each digit's in equal parts.
        let bytes = sync::random::<32>();
        digits.extend(bytes.into_iter().filter(|byte| *byte < 250).map(|byte| char::from(b'0' + byte % 10)));
    }
    digits.truncate(16);
    for check in 0..10 {
        let number = CardNumber::parse(&format!("{digits}{check}")).map_err(anyhow::Error::msg)?;
        if number.is_strong() {
            return Ok(number);
        }
    }
    anyhow::bail!("Luhn knows a check digit for every number")
}

/// Issues a card to somebody who has none.
pub fn issue(hq: &Hq, who: &Person, household: &str, person: &str, reason: &str) -> Result<Result<(), No>> {
    give(hq, who, household, person, reason, Give::First)
}

/// A new card in the place of one, which opens nothing any more (补卡).
pub fn replace(hq: &Hq, who: &Person, household: &str, person: &str, reason: &str) -> Result<Result<(), No>> {
    give(hq, who, household, person, reason, Give::Instead)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Give {
    First,
    Instead,
}

fn give(hq: &Hq, who: &Person, household: &str, person: &str, reason: &str, how: Give) -> Result<Result<(), No>> {
    if let Err(no) = may(who, Action::IssueCard) {
        return Ok(Err(no));
    }
    let number = draw()?;
    let (mac, stretched) = seal::make_known(hq, &format!("card:{}", number.secret()))?;
    let event = if how == Give::First { "card issue" } else { "card replace" };
    let deed = Deed { action: Action::IssueCard, kind: "card", event };
    change(hq, who, household, deed, reason, |change| {
        let row = match change.row(person) {
            Ok(row) => row,
            Err(no) => return Ok(Err(no)),
        };
        match (how, row.member.card_mac.is_some()) {
            (Give::First, true) => {
                return Ok(Err(No::new(
                    "已经有卡了；丢了或坏了请用“补卡”。",
                    "There is a card already: replace it where it is lost or broken.",
                )));
            }
            (Give::Instead, true) => retire(change, &row, "replaced")?,
            (Give::First | Give::Instead, false) => {}
        }
        seal::put_stretched(change.tx, change.keys, &stretched)?;
        let sealed = change.keys.seal(number.secret().as_bytes());
        let tail = tail(number.secret());
        let new = cards::New { mac: &mac, number_enc: &sealed, tail: &tail, person, household, drawn: true };
        let card = cards::note(change.tx, &new)?;
        cards::add_event(change.tx, card, change.who, "issued", change.reason)?;
        let mut private = Private::open(change.keys, &row.private_enc)?;
        private.card_number = Some(number.secret().into());
        let member = Member { card_mac: Some(mac.clone()), ..row.member.clone() };
        change.put(Some(&row), &member, &private)?;
        super::applications::card_issued(change.tx, change.who, household, person)?;
        Ok(Ok(()))
    })
}

/// A card is lost: it opens nothing from the stores' next roster on, and online at once (挂失).
pub fn lose(hq: &Hq, who: &Person, household: &str, person: &str, reason: &str) -> Result<Result<(), No>> {
    let deed = Deed { action: Action::IssueCard, kind: "card", event: "card lost" };
    change(hq, who, household, deed, reason, |change| {
        let row = match change.row(person) {
            Ok(row) => row,
            Err(no) => return Ok(Err(no)),
        };
        if row.member.card_mac.is_none() {
            return Ok(Err(No::new("这个人没有卡。", "This person has no card.")));
        }
        retire(change, &row, "lost")?;
        let private = Private { card_number: None, ..Private::open(change.keys, &row.private_enc)? };
        change.put(Some(&row), &Member { card_mac: None, ..row.member.clone() }, &private)?;
        Ok(Ok(()))
    })
}

/// A card is good for nothing any more, wherever it stood, and no file brings it back.
fn retire(change: &mut Change<'_>, row: &Known, state: &str) -> Result<()> {
    let Some(mac) = &row.member.card_mac else { return Ok(()) };
    let number = Private::open(change.keys, &row.private_enc)?.card_number.unwrap_or_default();
    let sealed = change.keys.seal(number.as_bytes());
    let e = &row.member.entry;
    let new = cards::New {
        mac,
        number_enc: &sealed,
        tail: &tail(&number),
        person: &e.person,
        household: &e.household,
        drawn: false,
    };
    let card = cards::note(change.tx, &new)?;
    cards::set_state(change.tx, card, state)?;
    cards::add_event(change.tx, card, change.who, state, change.reason)?;
    change.touch(Some(&row.member));
    // The same card may open the row of another household, as a proxy's does.
    for other in crate::store::people::rows_with_card(change.tx, mac)? {
        if other.member.entry.household == change.household {
            continue;
        }
        let private = Private { card_number: None, ..Private::open(change.keys, &other.private_enc)? };
        change.put(Some(&other), &Member { card_mac: None, ..other.member.clone() }, &private)?;
    }
    Ok(())
}
