//! Sales: the one transaction that a till lives by, and reading a sale back.

use std::collections::BTreeMap;

use domain::money::Money;
use domain::pricing::Use;
use domain::product::Product;
use domain::quantity::Quantity;
use domain::record::Head;
use domain::returns::Parts;
use domain::sale::{Draft, SaleLine};
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use crate::chain::{NewRecord, append, need_head};
use crate::{Result, Store, StoreError, audit, print, product};

/// What a caller makes of a sale inside its transaction: it signs the record and lays out the
/// receipt, whose code needs the record's hash.
pub struct Sealed {
    /// Receipt number.
    pub number: String,
    /// The claim, where the sale makes one.
    pub record: Option<NewRecord>,
    /// The receipt as data, for copies.
    pub receipt: String,
    /// The receipt as bytes, where there is a printer.
    pub paper: Option<Vec<u8>>,
    /// The drawer's pulse, where the sale moves cash and there is a drawer.
    pub drawer: Option<Vec<u8>>,
}

/// What a commit answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SaleSeal {
    /// Receipt number.
    pub number: String,
    /// Print job, where there is a printer.
    pub job: Option<i64>,
    /// Whether a claim was made.
    pub claimed: bool,
}

/// A sale as it is kept.
#[derive(Debug, Clone)]
pub struct StoredSale {
    /// Key.
    pub id: i64,
    /// Id of the sale and of its claim.
    pub uuid: String,
    /// Receipt number.
    pub number: String,
    /// Whether it made a claim.
    pub claimed: bool,
    /// Household and person.
    pub holder: Option<(String, String)>,
    /// Date that the sale was priced at: quota goes back to its periods.
    pub business_date: String,
    /// The receipt as data.
    pub receipt: String,
    /// Lines.
    pub lines: Vec<StoredLine>,
}

/// A line as it is kept.
#[derive(Debug, Clone)]
pub struct StoredLine {
    /// Number in the sale.
    pub line: u32,
    /// Name and specification.
    pub name: String,
    /// How much was sold.
    pub quantity: Quantity,
    /// Unit's name.
    pub unit_name: String,
    /// `barcode:…` or `plu:…`.
    pub code: String,
    /// Yuan per unit.
    pub unit_price: Money,
    /// Before anything was taken off.
    pub gross: Money,
    /// Off for any customer.
    pub promotion: Money,
    /// Programme that took something off.
    pub programme: Option<String>,
    /// What a return divides.
    pub sold: Parts,
    /// What it used of limits.
    pub uses: Vec<Use>,
    /// How much came back so far.
    pub returned: Quantity,
    /// What was reversed so far.
    pub reversed: Parts,
}

impl Store {
    /// Commits a finished sale. When this returns, the sale is on the disk.
    pub fn commit(
        &mut self,
        draft: &Draft,
        seal: impl FnOnce(&Head) -> std::result::Result<Sealed, String>,
    ) -> Result<SaleSeal> {
        let tx = self.begin()?;
        let head = need_head(&tx)?;
        let sealed = seal(&head).map_err(StoreError::Seal)?;
        let claimed = sealed.record.is_some();
        let sale_id = insert_sale(&tx, draft, &sealed)?;
        for line in &draft.lines {
            insert_line(&tx, sale_id, draft, line)?;
        }
        let mut tender = tx.prepare_cached(
            "INSERT INTO tenders (sale_id, n, kind, amount_fen, reference) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?;
        for (n, t) in (1_i64..).zip(&draft.tenders) {
            tender.execute(params![sale_id, n, t.kind.word(), t.amount.fen_i64(), t.reference])?;
        }
        drop(tender);
        tx.prepare_cached("UPDATE epochs SET receipts = receipts + 1 WHERE closed = 0")?.execute([])?;
        audit::write(&tx, draft.at.timestamp_millis(), Some(&draft.cashier), "sale", &sealed.number)?;
        if let Some(record) = &sealed.record {
            append(&tx, &head, record)?;
        }
        let at_ms = draft.at.timestamp_millis();
        let job = print::insert_sealed(&tx, &sealed, at_ms)?;
        tx.commit()?;
        self.write_witness();
        Ok(SaleSeal { number: sealed.number, job, claimed })
    }

    /// Whether a manual slip was entered before.
    pub fn is_slip_used(&self, no: &str) -> Result<bool> {
        let mut statement = self.conn.prepare_cached("SELECT count(*) > 0 FROM sales WHERE slip_no = ?1")?;
        Ok(statement.query_row([no], |row| row.get(0))?)
    }

    /// The lowest price a unit for which a product was sold since a time, promotions off; prices that
    /// a manager set by hand and labels' own amounts do not count.
    pub fn lowest_price(&self, key: &domain::barcode::ProductKey, since_ms: i64) -> Result<Option<Money>> {
        let mut statement = self.conn.prepare_cached(
            "SELECT min((2000 * (gross_fen - promotion_fen) + quantity_milli) / (2 * quantity_milli)) FROM sale_lines
             WHERE code = ?1 AND at >= ?2 AND changed IS NULL AND amount_fen IS NULL",
        )?;
        let fen: Option<i64> = statement.query_row(params![product::code_of(key), since_ms], |row| row.get(0))?;
        Ok(fen.map(|fen| Money::from_fen(fen.into())))
    }

    /// The latest sale of a shift that nothing came back of.
    pub fn last_whole_sale(&self, shift: i64) -> Result<Option<String>> {
        let mut statement = self.conn.prepare_cached(
            "SELECT number, id IN (SELECT sale_id FROM returns) FROM sales WHERE shift_id = ?1 ORDER BY id DESC LIMIT 1",
        )?;
        let last: Option<(String, bool)> =
            statement.query_row([shift], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
        Ok(last.filter(|(_, has_return)| !has_return).map(|(number, _)| number))
    }

    /// A sale by its receipt number.
    pub fn sale(&self, number: &str) -> Result<Option<StoredSale>> {
        let mut statement = self.conn.prepare_cached(
            "SELECT id, uuid, number, claimed, household, person, coalesce(priced_on, business_date), receipt
             FROM sales WHERE number = ?1",
        )?;
        let read = |row: &Row<'_>| {
            let household: Option<String> = row.get(4)?;
            let person: Option<String> = row.get(5)?;
            Ok(StoredSale {
                id: row.get(0)?,
                uuid: row.get(1)?,
                number: row.get(2)?,
                claimed: row.get(3)?,
                holder: household.zip(person),
                business_date: row.get(6)?,
                receipt: row.get(7)?,
                lines: Vec::new(),
            })
        };
        let Some(mut sale) = statement.query_row([number], read).optional()? else {
            return Ok(None);
        };
        sale.lines = self.sale_lines(sale.id)?;
        Ok(Some(sale))
    }

    /// Receipt numbers of all sales, oldest first.
    pub fn sale_numbers(&self) -> Result<Vec<String>> {
        let mut statement = self.conn.prepare("SELECT number FROM sales ORDER BY id")?;
        Ok(statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
    }

    /// The receipt number of a sale by its id.
    pub fn number_of(&self, uuid: &str) -> Result<Option<String>> {
        let mut statement = self.conn.prepare_cached("SELECT number FROM sales WHERE uuid = ?1")?;
        Ok(statement.query_row([uuid], |row| row.get(0)).optional()?)
    }

    /// The latest receipt number that ends so.
    pub fn latest_number(&self, ending: &str) -> Result<Option<String>> {
        let mut statement = self.conn.prepare_cached(
            "SELECT number FROM sales WHERE substr(number, -length(?1)) = ?1 ORDER BY id DESC LIMIT 1",
        )?;
        Ok(statement.query_row([ending], |row| row.get(0)).optional()?)
    }

    /// The latest sales, newest first: receipt number, time (ms since 1970) and what was due.
    pub fn recent_sales(&self, most: usize) -> Result<Vec<(String, i64, Money)>> {
        let mut statement =
            self.conn.prepare_cached("SELECT number, at, due_fen FROM sales ORDER BY id DESC LIMIT ?1")?;
        let read = |row: &Row<'_>| {
            let fen: i64 = row.get(2)?;
            Ok((row.get(0)?, row.get(1)?, Money::from_fen(fen.into())))
        };
        Ok(statement.query_map([most], read)?.collect::<rusqlite::Result<_>>()?)
    }

    fn sale_lines(&self, sale_id: i64) -> Result<Vec<StoredLine>> {
        let mut statement = self.conn.prepare_cached(
            "SELECT line, code, name, spec, unit_name, unit_price_fen, quantity_milli, gross_fen, promotion_fen,
                    programme, discount_fen, subsidy_fen, net_fen, purses, uses
             FROM sale_lines WHERE sale_id = ?1 ORDER BY line",
        )?;
        let mut lines: Vec<StoredLine> = statement.query_map([sale_id], read_line)?.collect::<rusqlite::Result<_>>()?;
        let mut back = self.conn.prepare_cached(
            "SELECT l.line, l.quantity_milli, l.parts FROM return_lines l JOIN returns r ON r.id = l.return_id
             WHERE r.sale_id = ?1 ORDER BY r.id",
        )?;
        let mut rows = back.query([sale_id])?;
        while let Some(row) = rows.next()? {
            let number: u32 = row.get(0)?;
            let milli: i64 = row.get(1)?;
            let parts: Parts = json(&row.get::<_, String>(2)?)?;
            if let Some(line) = lines.iter_mut().find(|l| l.line == number) {
                line.returned = line.returned + Quantity::from_milli(milli.into());
                line.reversed.add(&parts);
            }
        }
        Ok(lines)
    }
}

fn read_line(row: &Row<'_>) -> rusqlite::Result<StoredLine> {
    let money = |i: usize| row.get::<_, i64>(i).map(|fen| Money::from_fen(fen.into()));
    let malformed =
        |err: StoreError| rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, err.into());
    let purses: BTreeMap<String, Money> = json(&row.get::<_, String>(13)?).map_err(malformed)?;
    let uses: Vec<Use> = json(&row.get::<_, String>(14)?).map_err(malformed)?;
    let (name, spec): (String, String) = (row.get(2)?, row.get(3)?);
    let purse: Money = purses.values().copied().sum();
    Ok(StoredLine {
        line: row.get(0)?,
        code: row.get(1)?,
        name: if spec.is_empty() { name } else { format!("{name} {spec}") },
        unit_name: row.get(4)?,
        unit_price: money(5)?,
        quantity: Quantity::from_milli(row.get::<_, i64>(6)?.into()),
        gross: money(7)?,
        promotion: money(8)?,
        programme: row.get(9)?,
        sold: Parts { discount: money(10)?, subsidy: money(11)?, paid: money(12)? - purse, purses },
        uses,
        returned: Quantity::ZERO,
        reversed: Parts::default(),
    })
}

pub(crate) fn json<T: serde::de::DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|err| StoreError::Corrupt(err.to_string()))
}

pub(crate) fn to_json(value: &impl serde::Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(|err| StoreError::Corrupt(err.to_string()))
}

fn insert_sale(tx: &Connection, draft: &Draft, sealed: &Sealed) -> Result<i64> {
    let totals = &draft.priced.totals;
    let holder = draft.verified.as_ref().map(|v| &v.entry);
    // A slip is priced at its own date, and its money is counted on the day it comes in.
    let counted_on = domain::time::business_date(draft.at);
    tx.prepare_cached(
        "INSERT INTO sales (uuid, number, shift_id, cashier, started_at, at, business_date, gross_fen, promotion_fen,
           discount_fen, subsidy_fen, concession_fen, net_fen, purse_fen, due_fen, change_fen, rounding_fen, claimed,
           household, person, receipt, waived_fen, slip_no, priced_on, host_receipt)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22,
           ?23, ?24, ?25)",
    )?
    .execute(params![
        draft.id.to_string(),
        sealed.number,
        draft.shift,
        draft.cashier,
        draft.started_at.timestamp_millis(),
        draft.at.timestamp_millis(),
        counted_on.to_string(),
        totals.gross.fen_i64(),
        totals.promotion.fen_i64(),
        totals.discount.fen_i64(),
        totals.subsidy.fen_i64(),
        totals.concession.fen_i64(),
        totals.net.fen_i64(),
        totals.purse.fen_i64(),
        totals.due.fen_i64(),
        draft.change.fen_i64(),
        draft.rounding.fen_i64(),
        sealed.record.is_some(),
        holder.map(|h| h.household.as_str()),
        holder.map(|h| h.person.as_str()),
        sealed.receipt,
        draft.waived.fen_i64(),
        draft.slip.as_ref().map(|slip| slip.no.as_str()),
        (draft.business_date != counted_on).then(|| draft.business_date.to_string()),
        draft.host_receipt,
    ])?;
    Ok(tx.last_insert_rowid())
}

fn insert_line(tx: &Connection, sale_id: i64, draft: &Draft, line: &SaleLine) -> Result<()> {
    let priced = draft
        .priced
        .lines
        .iter()
        .find(|p| p.line == line.basket.line)
        .ok_or_else(|| StoreError::Corrupt(format!("line {} was not priced", line.basket.line)))?;
    let (b, p): (_, &Product) = (&line.basket, &line.product);
    tx.prepare_cached(
        "INSERT INTO sale_lines (sale_id, line, code, name, spec, unit_name, unit, content_milli, product_group,
           unit_price_fen, quantity_milli, amount_fen, gross_fen, promotion_fen, programme, version, discount_fen,
           subsidy_fen, net_fen, purses, uses, reason, entry, at, changed)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22,
           ?23, ?24, ?25)",
    )?
    .execute(params![
        sale_id,
        b.line,
        product::code_of(&b.product),
        p.name,
        p.spec,
        p.unit_name,
        b.unit.word(),
        b.content_kg.map(Quantity::milli_i64),
        b.group,
        b.unit_price.fen_i64(),
        b.quantity.milli_i64(),
        b.amount.map(Money::fen_i64),
        priced.gross.fen_i64(),
        priced.promotion.fen_i64(),
        priced.programme,
        priced.version,
        priced.discount.fen_i64(),
        priced.subsidy.fen_i64(),
        priced.net.fen_i64(),
        to_json(&priced.purses)?,
        to_json(&priced.uses)?,
        serde_json::to_value(priced.reason).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default(),
        line.entry.word(),
        line.at.timestamp_millis(),
        line.changed.as_ref().map(to_json).transpose()?,
    ])?;
    Ok(())
}
