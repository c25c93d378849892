//! Why a claim was cut: the first reason code that explains it.

use std::collections::BTreeMap;

use crate::store::sql::Conn;
use anyhow::Result;
use domain::basket::Basket;
use domain::money::Money;
use domain::pricing::{PricedLine, Reason, counting, in_scope, price};
use domain::programme::Programme;

use super::grant::Granted;
use crate::service::{catalogue, stated};

/// The first reason that explains a cut of any line.
pub fn cut(
    conn: &Conn,
    said: &stated::Claim,
    granted: &Granted,
    programmes: &[Programme],
    basket: &Basket,
) -> Result<&'static str> {
    let published = catalogue::published(conn)?;
    let stated_version = |code: &str| {
        let version = said.versions.get(code)?;
        published.iter().map(|(p, _)| p).find(|p| p.code == code && p.version == *version)
    };
    // Where the claim names a version that is too old, all of a code's are there: the one that counted explains.
    let in_force = counting(programmes, basket);
    let reasons = said.lines.iter().filter(|line| granted.is_line_cut(line)).map(|line| {
        // A purse that pays as claimed explains nothing.
        let of_code = |code: &String| match in_force.iter().copied().find(|p| p.code == *code) {
            None => Some("R07"),
            Some(p) if p.is_purse() => purse_cut(line, p, programmes, basket),
            Some(p) => {
                let named = stated_version(code);
                // A version that headquarters lost in a restore: nobody can say any more what it gave.
                let is_lost = named.is_none() && said.versions.contains_key(code.as_str());
                Some(line_cut(line, p, named, is_lost, basket))
            }
        };
        granted.cut_on(line).into_iter().filter_map(of_code).min()
    });
    Ok(reasons.flatten().min().unwrap_or("R17"))
}

/// Why a purse pays less for a line than was claimed; none where no limit of its own is the reason: it paid for
/// another line instead, which was cut.
fn purse_cut(line: &stated::Line, p: &Programme, programmes: &[Programme], basket: &Basket) -> Option<&'static str> {
    if !basket.lines.iter().any(|b| b.line == line.basket.line && in_scope(p, b)) {
        return Some("R04");
    }
    let without_limits = |q: &Programme| match q.code == p.code {
        true => Programme { limits: Vec::new(), offline: None, ..q.clone() },
        false => q.clone(),
    };
    let freed: Vec<Programme> = programmes.iter().map(without_limits).collect();
    let own = price(&freed, basket).lines.into_iter().find(|own| own.line == line.basket.line)?;
    let paid = |purses: &BTreeMap<String, Money>| purses.get(&p.code).copied().unwrap_or_default();
    (paid(&own.purses) >= paid(&line.purses)).then_some("R03")
}

/// Why one programme comes to less for a line than was claimed.
fn line_cut(
    line: &stated::Line,
    p: &Programme,
    named: Option<&Programme>,
    is_lost: bool,
    basket: &Basket,
) -> &'static str {
    let Some(own) = alone(line, p, basket) else {
        return "R17";
    };
    // What the version gives at all: a limit may bind in it and not in headquarters' own, which gives less.
    let by_named = named
        .filter(|named| named.version != p.version)
        .and_then(|named| alone(line, &Programme { limits: Vec::new(), offline: None, ..named.clone() }, basket));
    let version_explains = is_lost || by_named.is_some_and(|named| reaches(&named, line));
    match own.reason {
        _ if reaches(&own, line) => "R17",
        Reason::NoBeneficiary => "R02",
        Reason::NotEligible if version_explains => "R07",
        Reason::NotEligible => "R02",
        Reason::QuantityLimited | Reason::AmountLimited | Reason::LimitReached => "R03",
        Reason::NotInScope | Reason::MinimumNotMet if version_explains => "R07",
        Reason::NotInScope | Reason::MinimumNotMet => "R04",
        Reason::Full | Reason::NoReduction => {
            let freed = Programme { ceilings: Vec::new(), ..p.clone() };
            let any_price = Programme { lowest_price_7d: false, ..p.clone() };
            if alone(line, &freed, basket).is_some_and(|own| reaches(&own, line)) {
                "R05"
            } else if alone(line, &any_price, basket).is_some_and(|own| reaches(&own, line)) {
                "R06"
            } else if version_explains {
                "R07"
            } else {
                "R17"
            }
        }
    }
}

/// The line's answer if there were only this programme.
fn alone(line: &stated::Line, p: &Programme, basket: &Basket) -> Option<PricedLine> {
    let priced = price(std::slice::from_ref(p), basket);
    priced.lines.into_iter().find(|own| own.line == line.basket.line)
}

fn reaches(own: &PricedLine, line: &stated::Line) -> bool {
    own.discount >= line.discount && own.subsidy >= line.subsidy
}
