//! Finishing a sale: the sale, its claim, its paper and its drawer in one transaction.

use chrono::{DateTime, Utc};
use domain::record::{RecordKind, claim_body};
use domain::sale::Draft;
use domain::tender::TenderKind;
use domain::till::{Finished, Refusal};
use domain::time::{business_date, end_of_day};
use store::Sealed;

use super::{Driver, failed};
use crate::paper;
use crate::seal::{Statement, movements, sign};

impl Driver {
    pub(super) fn commit(&mut self, draft: &Draft) -> Result<Finished, Refusal> {
        let identity = self.shop.identity.clone().ok_or(Refusal::NotEnrolled)?;
        if let Some(slip) = &draft.slip
            && self.shop.store.is_slip_used(&slip.no).map_err(failed)?
        {
            return Err(Refusal::SlipUsed(slip.no.clone()));
        }
        let printer = self.receipt_printer()?;
        let drawer = if draft.moves_cash() { self.shop.drawer().map_err(failed)? } else { None };
        let letterhead = self.letterhead()?;
        let programmes = &self.shop.programmes;
        let seal = |head: &domain::record::Head| {
            let number = identity.receipt_number(head);
            let record = claim_body(draft).map(|body| {
                let uses = draft.priced.lines.iter().filter(|l| l.claimed).flat_map(|l| &l.uses);
                let moved = movements(uses.map(|u| (u, u.amount.milli())), programmes, draft.business_date);
                let holder = draft.verified.as_ref().map(|v| (v.entry.household.clone(), v.entry.person.clone()));
                let statement = Statement {
                    // A slip's claim is made today; `slip` says by which date it was priced.
                    business_date: draft.slip.is_none().then_some(draft.business_date),
                    sale: Some(number.clone()),
                    claimed: draft.priced.totals.claim,
                    holder,
                    movements: moved,
                    ..Statement::plain(RecordKind::Claim, draft.id, moment(draft), Some(draft.cashier.clone()), body)
                };
                sign(&identity, head, statement)
            });
            let address = record.as_ref().map(|r| paper::address(&identity, &r.uuid, &r.hash));
            let receipt = paper::of_sale(draft, &number, &identity, &letterhead, programmes, address);
            let bytes = printer.as_ref().map(|(_, profile)| printers::receipt_bytes(&receipt, *profile)).transpose()?;
            let receipt = serde_json::to_string(&receipt).map_err(|err| err.to_string())?;
            Ok(Sealed { number, record, receipt, paper: bytes, drawer: drawer.clone() })
        };
        let sealed = self.shop.store.commit(draft, seal).map_err(failed)?;
        Ok(Finished {
            number: sealed.number,
            totals: draft.priced.totals,
            change: draft.change,
            rounding: draft.rounding,
            waived: draft.waived,
            beside: draft.tenders.iter().any(|t| t.kind == TenderKind::Host),
            claims: if sealed.claimed { vec![draft.id.to_string()] } else { Vec::new() },
            job: sealed.job,
        })
    }
}

/// The time of a claim: now, or, where a total was announced before midnight and paid after it, the last moment of
/// the day that it was priced for.
fn moment(draft: &Draft) -> DateTime<Utc> {
    let is_of_another_day = draft.slip.is_none() && draft.business_date < business_date(draft.at);
    if is_of_another_day { end_of_day(draft.business_date) } else { draft.at }
}
