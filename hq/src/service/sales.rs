//! A claimed sale, for another till of its store that takes goods back.

use crate::store::sql::Conn;
use anyhow::Context as _;
use domain::returns::{Parts, step};
use domain::time::rfc3339;
use sync::protocol::{ForeignLine, ForeignSale};

use super::judge::reversal;
use super::stated::{self, Line};
use super::{Hq, Refusal, verify};
use crate::store::claims::{self, Claim};
use crate::store::records;
use crate::store::tills::TillKey;

/// A sale of any till of the asking till's store, as claimed, with what came back of it so far.
pub fn sale(hq: &Hq, who: &TillKey, number: &str) -> Result<ForeignSale, Refusal> {
    let unknown = |why: &str| {
        let only = "headquarters knows only sales of the own store in which a programme had a part";
        Refusal::new("unknown", format!("{why}; {only}: take others back at the till that sold them"))
    };
    let db = hq.reading();
    // One moment: a return that comes meanwhile is in all lines or in none.
    let tx = db.conn.snapshot()?;
    let Some(claim) = claims::of_sale(&tx, &who.store, number)? else {
        return Err(unknown("there is no such sale"));
    };
    let payload = verify::payload(&records::jws(&tx, claim.record_id)?).context("a record that was taken")?;
    let Ok(said) = stated::claim(&payload) else {
        return Err(unknown("its claim cannot be read"));
    };
    let at = stated::envelope(&payload).at.map(rfc3339).unwrap_or_default();
    let lines = said.lines.into_iter().map(|line| one(&tx, &claim, line)).collect::<anyhow::Result<_>>()?;
    Ok(ForeignSale {
        number: number.into(),
        till: claim.till,
        claim: claim.uuid,
        business_date: claim.business_date.unwrap_or_default(),
        at,
        lines,
    })
}

fn one(conn: &Conn, claim: &Claim, line: Line) -> anyhow::Result<ForeignLine> {
    let basket = line.basket;
    let (kind, code) = basket.product.parts();
    let gross = basket.gross();
    let mut found = ForeignLine {
        line: basket.line,
        barcode: (kind == "barcode").then(|| code.clone()),
        plu: (kind == "plu").then_some(code),
        unit_price: basket.unit_price,
        unit: basket.unit.word().into(),
        quantity: basket.quantity,
        gross,
        promotion: basket.promotion,
        net: gross - basket.promotion - line.discount,
        purse: line.purses.values().copied().sum(),
        purses: line.purses,
        discount: line.discount,
        subsidy: line.subsidy,
        programme: line.programme.map(|(code, _)| code),
        returned: reversal::returned(conn, claim, basket.line, None)?,
        reversed: Parts::default(),
    };
    // However many steps it came back in, what they gave back is what one step would have.
    if found.returned.milli() > 0 {
        found.reversed = step(&found.sold(), found.quantity, found.returned, &Parts::default());
    }
    Ok(found)
}
