//! X and Z: reports of a shift and a day, and copies of receipts.

use anyhow::{Context as _, Result, bail};
use domain::money::Money;
use domain::receipt::Receipt;
use domain::record::{RecordKind, day_close_body, event_body};
use domain::till::{Event, Refusal, Screen, Shift};
use domain::time::business_date;
use serde_json::{Value, json};

use crate::effects::{Driver, failed};
use crate::seal::{Statement, sign};

impl Driver {
    fn shift(&self) -> Result<(Shift, String), Refusal> {
        if self.till.is_locked {
            return Err(Refusal::Locked);
        }
        match &self.till.screen {
            Screen::SignIn => Err(Refusal::NotSignedIn),
            Screen::NoShift { .. } => Err(Refusal::NoShift),
            Screen::Committing { .. } => Err(Refusal::Busy),
            Screen::Sale { staff, shift, .. } => Ok((shift.clone(), staff.code.clone())),
        }
    }

    /// What is open beside the money: records, paper and baskets that wait.
    fn waiting(&self) -> Result<Value> {
        let (unsent, _) = self.shop.store.unsent()?;
        let (unprinted, uncertain) = self.shop.store.unprinted()?;
        Ok(
            json!({ "unsent": unsent, "unprinted": unprinted, "uncertain": uncertain, "parked": self.shop.store.parked()? }),
        )
    }

    /// The shift as it stands.
    pub fn x_report(&self) -> Result<Value, Refusal> {
        let (shift, _) = self.shift()?;
        let sums = self.shop.store.shift_sums(shift.id).map_err(failed)?;
        let expected = sums.expected_cash(shift.float);
        let waiting = self.waiting().map_err(failed)?;
        Ok(json!({ "sums": sums, "float": shift.float, "expected_cash": expected, "waiting": waiting }))
    }

    /// Whether the drawer holds what it should; how much that is, is not told.
    pub fn is_count_right(&self, counted: &str) -> Result<bool, Refusal> {
        let (shift, _) = self.shift()?;
        let counted = Money::parse(counted).map_err(|_| Refusal::BadAmount(counted.into()))?;
        let sums = self.shop.store.shift_sums(shift.id).map_err(failed)?;
        Ok(counted == sums.expected_cash(shift.float))
    }

    /// Ends the shift: blind count against what the drawer should hold; `reason` says why it is over
    /// or short.
    pub fn close_shift(&mut self, counted: &str, reason: Option<&str>) -> Result<Value, Refusal> {
        let (shift, cashier) = self.shift()?;
        if let Screen::Sale { sale, .. } = &self.till.screen
            && !sale.lines.is_empty()
        {
            return Err(Refusal::BasketNotEmpty);
        }
        let counted = Money::parse(counted).map_err(|_| Refusal::BadAmount(counted.into()))?;
        let mut report = self.x_report()?;
        let sums = self.shop.store.shift_sums(shift.id).map_err(failed)?;
        let expected = sums.expected_cash(shift.float);
        let cx = self.context();
        let identity = self.shop.identity.clone().ok_or(Refusal::NotEnrolled)?;
        let body = event_body(
            "shift_close",
            json!({
                "counted": counted, "expected": expected, "sales": sums.sales, "reason": reason,
            }),
        );
        let mut seal = |head: &domain::record::Head| {
            let statement = Statement::plain(RecordKind::Event, cx.id, cx.now, Some(cashier.clone()), body.clone());
            Ok(sign(&identity, head, statement))
        };
        let at = cx.now.timestamp_millis();
        self.shop.store.close_shift(&shift, counted, expected, reason, &cashier, at, &mut seal).map_err(failed)?;
        self.handle(Event::ShiftClosed);
        report["counted"] = json!(counted);
        report["over_short"] = json!(counted - expected);
        report["reason"] = json!(reason);
        Ok(report)
    }

    /// Closes the business day with its record. Every shift is closed first.
    pub fn close_day(&mut self) -> Result<Value, Refusal> {
        let Some(cashier) = self.cashier() else {
            return Err(Refusal::NotSignedIn);
        };
        if self.till.is_locked {
            return Err(Refusal::Locked);
        }
        if matches!(&self.till.screen, Screen::Sale { .. } | Screen::Committing { .. }) {
            return Err(Refusal::Failed("还有班次没有交班，请先交班 (close the shift first)".into()));
        }
        let cx = self.context();
        let date = business_date(cx.now).to_string();
        if self.shop.store.is_day_closed(&date).map_err(failed)? {
            return Err(Refusal::Failed(format!("{date} 已经日结 (this day is closed already)")));
        }
        let sums = self.shop.store.day_sums(&date).map_err(failed)?;
        let identity = self.shop.identity.clone().ok_or(Refusal::NotEnrolled)?;
        let log_head = self.shop.store.last_log_head().map_err(failed)?;
        let mut seal = |head: &domain::record::Head| {
            let body = day_close_body(&sums, log_head.as_ref());
            let statement = Statement::plain(RecordKind::DayClose, cx.id, cx.now, Some(cashier.clone()), body);
            Ok(sign(&identity, head, statement))
        };
        self.shop.store.close_day(&date, &sums, &cashier, cx.now.timestamp_millis(), &mut seal).map_err(failed)?;
        if let Some(daily) = &self.daily {
            daily.day_closed();
        }
        let waiting = self.waiting().map_err(failed)?;
        Ok(json!({ "business_date": date, "sums": sums, "waiting": waiting }))
    }

    /// Prints a receipt again, marked 补打.
    pub fn reprint(&mut self, number: &str) -> Result<(u32, i64)> {
        let unknown = || Refusal::UnknownSale(number.chars().take(60).collect()).to_string();
        let json = self.shop.store.receipt(number)?.with_context(unknown)?;
        let Some((_, profile)) = self.shop.printer()? else {
            bail!("还没有设置打印机，请店长先设置。 No printer is set; the manager sets one first")
        };
        let mut receipt: Receipt = serde_json::from_str(&json).context("the stored receipt")?;
        receipt.copy = self.shop.store.copies(number)? + 1;
        let bytes = printers::receipt_bytes(&receipt, profile).map_err(anyhow::Error::msg)?;
        let at = self.shop.now().timestamp_millis();
        let job = self.shop.store.queue_print(1, number, receipt.copy, &bytes, at)?;
        Ok((receipt.copy, job))
    }
}
