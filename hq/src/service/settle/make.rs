//! Making a batch: who stands where, what it makes, and that it is kept.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result, bail};
use domain::fund::{split, split_by_shares};
use domain::money::Money;
use domain::pricing::Totals;
use domain::time::business_date;
use serde_json::json;

use super::figures::{Chain, Figures, count};
use super::period::Period;
use super::{State, may};
use crate::service::access::Action;
use crate::service::funds::NO_RATE;
use crate::service::session::Person;
use crate::service::{Hq, Told, decide, now, refuse};
use crate::store::claims::{self, Claim};
use crate::store::register::{self, Account, Contract, Entry};
use crate::store::settle::{self as rows, Batch, Due, Line, Part};
use crate::store::sql::Conn;
use crate::store::{audit, funds, tills};

/// Makes a batch: its number.
pub fn make(hq: &Hq, who: &Person, payer: &str, store: &str, period: &str) -> Told<String> {
    let period = match Period::parse(period) {
        Ok(period) => period,
        Err(problem) => return Ok(Err(problem)),
    };
    let db = hq.db();
    let tx = db.begin()?;
    let may =
        may(&tx, who, Action::MakeBatch.roles(), store, "对账表由会计制表，请找会计。 An accountant makes statements")?;
    if let Err(problem) = may {
        return Ok(Err(problem));
    }
    if rows::setting(&tx, rows::RESTORED)?.is_some() {
        return refuse(
            "总部是从备份恢复的：请出纳先登记备份以后的付款，再在付款一页确认。 Headquarters was restored from a backup: a payments clerk first enters what was paid since, and says so on the page of payments",
        );
    }
    let about = match About::find(&tx, payer, store, period)? {
        Ok(about) => about,
        Err(problem) => return Ok(Err(problem)),
    };
    let mut draft = Draft { conn: &tx, about: &about, lines: Vec::new(), dues: Vec::new(), idle: Vec::new() };
    let last = about.period.last.to_string();
    // Half of a claim in a batch, and the other half nobody's, would be forgotten.
    if let Some(fund) = rows::fund_without_payers(&tx, store, &last)? {
        return Ok(Err(format!(
            "资金 {fund} 还没有出资方，请先在资金一页写好比例。 Fund {fund} has no payers yet: give their shares on its page first"
        )));
    }
    for id in rows::candidates(&tx, payer, store, &last)? {
        let claim = claims::by_id(&tx, id)?.context("a claim that is not there")?;
        draft.take(&claim)?;
    }
    if !draft.lines.iter().any(|line| line.standing == "settled") {
        return refuse(
            "没有可以结算的申报：都已入批、待审核或被驳回。 Nothing can be settled: all claims are in a batch, held or rejected",
        );
    }
    let number = draft.keep(who)?;
    audit(&tx, &who.name, "batch made", &json!({ "batch": number }).to_string())?;
    tx.commit()?;
    Ok(Ok(number))
}

/// What a batch is about.
struct About {
    payer: funds::Payer,
    store: tills::StoreRow,
    entry: Entry,
    account: Account,
    contract: Contract,
    period: Period,
    before: Option<Batch>,
}

impl About {
    fn find(conn: &Conn, payer: &str, store: &str, period: Period) -> Told<Self> {
        let Some(payer) = funds::payers(conn)?.into_iter().find(|p| p.code == payer) else {
            return refuse("没有这个出资方，请先登记。 There is no such payer: register it first");
        };
        let (Some(row), Some(entry)) = (tills::store(conn, store)?, register::entry(conn, store)?) else {
            return refuse(
                "这家门店还没有登记单位名称，请先在门店一页登记。 The store's legal name is not registered yet: do it on the store's page",
            );
        };
        let Some(account) = register::account(conn, store, "confirmed")? else {
            return refuse(
                "这家门店还没有经两人确认的收款账户。 The store has no account yet that two people confirmed",
            );
        };
        let day = period.last.to_string();
        let Some(contract) = register::contracts(conn, store)?.into_iter().find(|c| c.from <= day) else {
            return refuse(
                "这家门店在这个周期还没有合同，请先登记。 The store has no contract for this period: register it first",
            );
        };
        if contract.settlement != period.settlement() {
            return refuse(if contract.settlement == "month" {
                "合同按月结算，周期写成 2026-11。 The contract settles by month: write 2026-11"
            } else {
                "合同按季结算，周期写成 2026-Q4。 The contract settles by quarter: write 2026-Q4"
            });
        }
        if period.first > business_date(now()) {
            return refuse("这个周期还没有开始。 This period has not begun");
        }
        let before = rows::newest(conn, &payer.code, store)?;
        if before.as_ref().is_some_and(|b| b.last_date > day) {
            return refuse(
                "已经有更晚周期的对账表，迟到的申报会进下一张。 There is a statement of a later period: late claims go into the next one",
            );
        }
        Ok(Ok(Self { payer, store: row, entry, account, contract, period, before }))
    }
}

/// Claim, programme, all payers' parts, and which of them this batch carries from now on.
type Owed = (i64, String, Vec<Due>, Option<usize>);

/// A batch in the making.
struct Draft<'a> {
    conn: &'a Conn,
    about: &'a About,
    lines: Vec<Line>,
    dues: Vec<Owed>,
    /// Claims that were looked into without a change.
    idle: Vec<i64>,
}

impl Draft<'_> {
    /// Where a claim stands, where that says something new.
    fn take(&mut self, claim: &Claim) -> Result<()> {
        let before = self.lines.len();
        let back = self.back(claim)?;
        let mut others = Vec::new();
        for part in measured(self.conn, claim)? {
            let Some(fund) = part.fund.clone() else { continue };
            let mut dues = self.dues_of(claim, &part, &fund)?;
            let mine = dues.iter().position(|due| due.payer == self.about.payer.code);
            let line = match mine {
                Some(mine) => self.line(claim, &part, &fund, &dues, mine)?,
                None => None,
            };
            let Some((due, line)) = mine.and_then(|mine| dues.get_mut(mine)).zip(line) else {
                others.push((claim.id, part.programme, dues, None));
                continue;
            };
            let carries = line.standing == "settled" && (line.was != "settled" || claim.state == "reviewed");
            due.standing = line.standing.clone();
            if line.standing == "settled" {
                (due.settled, due.rates, due.back) = (line.net, line.rates.clone(), back.clone());
            }
            self.lines.push(line);
            self.dues.push((claim.id, part.programme, dues, mine.filter(|_| carries)));
        }
        if self.lines.len() == before {
            self.idle.push(claim.id);
        } else {
            // What other payers owe of it is noted, too: it is theirs to settle, whatever becomes of shares.
            self.dues.append(&mut others);
        }
        Ok(())
    }

    /// What payers owe of a claim's programme, by the shares of today where no batch took it yet.
    fn dues_of(&self, claim: &Claim, part: &Part, fund: &str) -> Result<Vec<Due>> {
        let known = rows::dues(self.conn, claim.id, &part.programme)?;
        if !known.is_empty() || (part.asked == 0 && part.granted == 0 && part.net == 0) {
            return Ok(known);
        }
        let fresh = |share: funds::Share| Due {
            payer: share.payer,
            basis_points: share.basis_points,
            standing: String::new(),
            settled: 0,
            rates: "[]".into(),
            back: String::new(),
            batch: None,
        };
        Ok(funds::shares(self.conn, fund)?.into_iter().map(fresh).collect())
    }

    /// The claim's state before any batch.
    fn back(&self, claim: &Claim) -> Result<String> {
        for part in rows::parts(self.conn, claim.id)? {
            let dues = rows::dues(self.conn, claim.id, &part.programme)?;
            if let Some(due) = dues.into_iter().find(|due| !due.back.is_empty()) {
                return Ok(due.back);
            }
        }
        Ok(claim.state.clone())
    }

    /// This payer's line of a claim's programme; none: nothing new.
    fn line(&self, claim: &Claim, part: &Part, fund: &str, dues: &[Due], mine: usize) -> Result<Option<Line>> {
        let Some(due) = dues.get(mine) else { return Ok(None) };
        let standing = match (claim.state.as_str(), due.standing.as_str()) {
            // What is disputed after it was settled stays so until there is an answer.
            ("held" | "disputed", "settled") | ("rejected", "rejected") => return Ok(None),
            ("held" | "disputed", _) => "held",
            ("rejected", "" | "held") => "rejected",
            _ => "settled",
        };
        let shares: Vec<u32> = dues.iter().map(|due| due.basis_points).collect();
        let own = |fen: i64| {
            let parts = split_by_shares(Money::from_fen(fen.into()), &shares);
            parts.get(mine).copied().unwrap_or_default().fen_i64()
        };
        let is_rejected = claim.state == "rejected";
        let (granted, net) = if is_rejected { (0, 0) } else { (own(part.granted), own(part.net)) };
        if due.standing == standing && standing == "settled" && net == due.settled {
            return Ok(None);
        }
        let rates = if is_rejected { "[]".into() } else { self.rates(&part.rates, net)? };
        let is_settled = due.standing == "settled";
        Ok(Some(Line {
            claim: claim.id,
            programme: part.programme.clone(),
            fund: fund.into(),
            month: claim.business_date.as_deref().and_then(|day| day.get(..7)).unwrap_or_default().into(),
            was: due.standing.clone(),
            standing: standing.into(),
            asked: own(part.asked),
            granted,
            net,
            before: if is_settled { due.settled } else { 0 },
            rates,
            before_rates: if is_settled { due.rates.clone() } else { "[]".into() },
        }))
    }

    /// An amount by tax rate, as the whole claim's is; what has none takes the contract's.
    fn rates(&self, whole: &str, net: i64) -> Result<String> {
        let whole: Vec<(i64, i64)> = serde_json::from_str(whole).context("a claim's tax rates")?;
        let weights: Vec<u64> = whole.iter().map(|(_, fen)| u64::try_from(*fen).unwrap_or(0)).collect();
        let contract = i64::from(self.about.contract.tax_rate_bp);
        let mut by_rate: BTreeMap<i64, i64> = BTreeMap::new();
        let parts = split(Money::from_fen(net.into()), &weights);
        for ((rate, _), part) in whole.iter().zip(&parts) {
            *by_rate.entry(if *rate == NO_RATE { contract } else { *rate }).or_default() += part.fen_i64();
        }
        if whole.is_empty() {
            by_rate.insert(contract, net);
        }
        by_rate.retain(|_, fen| *fen != 0);
        Ok(serde_json::to_string(&by_rate.into_iter().collect::<Vec<_>>())?)
    }

    /// Adds up, checks that the equations hold, and keeps the batch; its number.
    fn keep(self, who: &Person) -> Result<String> {
        let (conn, about) = (self.conn, self.about);
        let (payer, store, period) = (&about.payer.code, &about.store.code, &about.period);
        let figures = self.figures()?;
        let n = rows::count(conn, payer, store, &period.code)? + 1;
        let number = format!("{}-{store}-{payer}-{n}", period.code);
        let batch = Batch {
            id: 0,
            number: number.clone(),
            payer: payer.clone(),
            store: store.clone(),
            period: period.code.clone(),
            last_date: period.last.to_string(),
            state: State::Made.code().into(),
            made_at: 0,
            payable: figures.payable,
            prepaid: figures.prepaid,
            owed: figures.owed_after,
            figures: serde_json::to_string(&figures)?,
            payee: about.account.holder.clone(),
            bank: about.account.bank.clone(),
            shown: about.account.shown.clone(),
            approvals: 0,
            invoice: String::new(),
            reference: String::new(),
            paid_on: None,
        };
        let id = rows::insert(conn, &batch)?;
        rows::tell(conn, payer, store, id)?;
        rows::add_step(conn, id, State::Made.code(), &who.name, "")?;
        for line in &self.lines {
            rows::insert_line(conn, id, line)?;
        }
        let mut claims: BTreeMap<i64, bool> = BTreeMap::new();
        for (claim, programme, mut dues, carried) in self.dues {
            if let Some(due) = carried.and_then(|mine| dues.get_mut(mine)) {
                due.batch = Some(id);
            }
            for (n, due) in dues.iter().enumerate() {
                rows::put_due(conn, claim, &programme, store, i64::try_from(n)?, due)?;
            }
            *claims.entry(claim).or_default() |= carried.is_some();
        }
        for (claim, carries) in claims {
            rows::name_batches(conn, claim)?;
            clear_change(conn, claim)?;
            if carries {
                refresh(conn, claim, "", &who.name, "batched", &number)?;
            }
        }
        for claim in self.idle {
            clear_change(conn, claim)?;
            refresh(conn, claim, "", &who.name, "batched", "")?;
        }
        Ok(number)
    }

    fn figures(&self) -> Result<Figures> {
        let (conn, about) = (self.conn, self.about);
        let (payer, store) = (&about.payer.code, &about.store.code);
        let first_month = about.period.first.format("%Y-%m").to_string();
        let before: Figures = match &about.before {
            Some(batch) => serde_json::from_str(&batch.figures).context("a batch's figures")?,
            None => Figures::default(),
        };
        let mut f = Figures::of(&self.lines, &first_month);
        f.opening_held = before.closing_held;
        f.opening_unpaid = before.closing_unpaid;
        f.owed_before = before.owed_after;
        f.paid_since = rows::untold(conn, payer, store)?;
        let balance = f.balance();
        f.owed_after = (-balance).max(0);
        f.prepaid = rows::prepaid_left(conn, payer, store)?.clamp(0, balance.max(0));
        f.payable = balance.max(0) - f.prepaid;
        // Counted from the batches themselves, not from the equation.
        f.closing_unpaid = rows::unpaid(conn, payer, store)? + f.payable;
        self.add_claims(&mut f)?;
        f.payer = about.payer.name.clone();
        f.store = about.store.name.clone();
        f.subsidy = about.contract.subsidy.clone();
        f.credit_code = about.entry.credit_code.clone();
        f.taxpayer = about.entry.taxpayer.clone();
        if f.hold() { Ok(f) } else { bail!("a statement of {store} for {payer} does not add up: {f:?}") }
    }

    /// What is told of the claims themselves.
    fn add_claims(&self, f: &mut Figures) -> Result<()> {
        let (mut households, mut visits) = (BTreeSet::new(), BTreeSet::new());
        let mut chains: BTreeMap<(String, String), (u64, u64)> = BTreeMap::new();
        let settled: BTreeSet<i64> =
            self.lines.iter().filter(|l| l.standing == "settled" && l.was != "settled").map(|l| l.claim).collect();
        for id in settled {
            let claim = claims::by_id(self.conn, id)?.context("a claim that is not there")?;
            let granted: Totals = serde_json::from_str(&claim.granted).context("a claim's sums")?;
            add_totals(&mut f.totals, &granted);
            if let Some(household) = claim.household {
                visits.insert((household.clone(), claim.business_date));
                households.insert(household);
            }
            let (till, epoch, seq) = rows::place(self.conn, id)?;
            let ends = chains.entry((till, epoch)).or_insert((seq, seq));
            *ends = (ends.0.min(seq), ends.1.max(seq));
        }
        (f.households, f.visits) = (count(households.len()), count(visits.len()));
        f.chains =
            chains.into_iter().map(|((till, epoch), (first, last))| Chain { till, epoch, first, last }).collect();
        for line in &self.lines {
            for (text, sign) in [(&line.rates, 1), (&line.before_rates, -1)] {
                let rates: Vec<(i64, i64)> = serde_json::from_str(text).context("tax rates")?;
                for (rate, fen) in rates.iter().filter(|_| line.standing == "settled") {
                    *f.by_rate.entry(*rate).or_default() += sign * fen;
                }
            }
        }
        f.by_rate.retain(|_, fen| *fen != 0);
        Ok(())
    }
}

fn add_totals(sum: &mut Totals, one: &Totals) {
    sum.gross += one.gross;
    sum.promotion += one.promotion;
    sum.discount += one.discount;
    sum.subsidy += one.subsidy;
    sum.concession += one.concession;
    sum.net += one.net;
    sum.purse += one.purse;
    sum.due += one.due;
    sum.claim += one.claim;
}

/// A claim's parts. Where people granted another sum than its lines make, programmes share it as the lines do.
fn measured(conn: &Conn, claim: &Claim) -> Result<Vec<Part>> {
    let mut parts = rows::parts(conn, claim.id)?;
    let is_open = matches!(claim.state.as_str(), "held" | "disputed" | "rejected");
    let made: i64 = parts.iter().map(|part| part.granted).sum();
    if is_open || made == claim.granted_fen {
        return Ok(parts);
    }
    let weight = |part: &Part| u64::try_from(if made > 0 { part.granted } else { part.asked }).unwrap_or(0);
    let weights: Vec<u64> = parts.iter().map(weight).collect();
    let granted = split(Money::from_fen(claim.granted_fen.into()), &weights);
    for (part, granted) in parts.iter_mut().zip(granted) {
        let back = part.granted - part.net;
        part.granted = granted.fen_i64();
        part.net = (part.granted - back).max(0);
    }
    Ok(parts)
}

/// A change is over once every payer's batch has it.
fn clear_change(conn: &Conn, claim: i64) -> Result<()> {
    let claim = claims::by_id(conn, claim)?.context("a claim that is not there")?;
    if matches!(claim.state.as_str(), "held" | "disputed") {
        return Ok(());
    }
    for part in measured(conn, &claim)? {
        let dues = rows::dues(conn, claim.id, &part.programme)?;
        let shares: Vec<u32> = dues.iter().map(|due| due.basis_points).collect();
        let net = if claim.state == "rejected" { 0 } else { part.net };
        let parts = split_by_shares(Money::from_fen(net.into()), &shares);
        if dues.iter().zip(parts).any(|(due, part)| due.standing == "settled" && due.settled != part.fen_i64()) {
            return Ok(());
        }
    }
    rows::drop_change(conn, claim.id)
}

/// Puts a claim where its payers are: as far as the last of them. `back`: where it goes if none has it.
pub fn refresh(conn: &Conn, claim: i64, back: &str, who: &str, event: &str, number: &str) -> Result<()> {
    let (states, is_open) = rows::progress(conn, claim)?;
    let known = states.iter().filter_map(|code| State::parse(code)).filter_map(State::of_claims);
    let rank = |state: &&str| ["batched", "approved", "paid", "confirmed"].iter().position(|s| s == state);
    let state = match known.min_by_key(rank) {
        Some(_) if is_open => "batched",
        Some(state) => state,
        None if back.is_empty() => return Ok(()),
        None => back,
    };
    let present = claims::by_id(conn, claim)?.context("a claim that is not there")?.state;
    let is_with_people = matches!(present.as_str(), "held" | "disputed" | "rejected");
    if is_with_people || present == state {
        return Ok(());
    }
    decide::set_state(conn, claim, state, who, event, &json!({ "batch": number }))
}
