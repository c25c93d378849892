//! The statement (补贴对账表) as people read it: facts, a table, the two equations, who did what.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use domain::lang::Lang;
use domain::money::Money;
use sheets::{Column, Kind, Sheet, Value};

use super::State;
use super::figures::{Figures, Group};
use crate::service::catalogue;
use crate::store::funds;
use crate::store::settle::{self as rows, Batch, Step};
use crate::store::sql::Conn;

/// A batch with all that its statement tells.
pub struct Statement {
    /// The batch.
    pub batch: Batch,
    /// Its figures.
    pub figures: Figures,
    /// Who did what.
    pub steps: Vec<Step>,
    /// Names of programmes: Chinese, English.
    pub programmes: BTreeMap<String, (String, String)>,
    /// Names of funds.
    pub funds: BTreeMap<String, String>,
}

/// A term of an equation: whether it is taken off, its name, its amount in fen.
pub type Term = (bool, &'static str, i64);

/// An equation: its terms and what they make.
pub struct Equation {
    /// What it is about.
    pub title: &'static str,
    /// Left side.
    pub terms: Vec<Term>,
    /// Right side.
    pub result: (&'static str, i64),
}

impl Equation {
    /// In one line: 期初 1.00 + 本期 2.00 − … = 3.00.
    pub fn line(&self) -> String {
        let yuan = |fen: i64| Money::from_fen(fen.into()).to_string();
        let mut line = String::new();
        for (i, (is_less, name, fen)) in self.terms.iter().enumerate() {
            let sign = match (i, is_less) {
                (0, false) => "",
                (_, false) => " + ",
                (_, true) => " − ",
            };
            line.push_str(&format!("{sign}{name} {}", yuan(*fen)));
        }
        format!("{line} = {} {}", self.result.0, yuan(self.result.1))
    }

    /// What the left side makes.
    pub fn left(&self) -> i64 {
        self.terms.iter().map(|(is_less, _, fen)| if *is_less { -fen } else { *fen }).sum()
    }
}

impl Statement {
    /// Reads a batch's statement.
    pub fn read(conn: &Conn, number: &str) -> Result<Option<Self>> {
        let Some(batch) = rows::batch(conn, number)? else { return Ok(None) };
        let names = funds::funds(conn)?.into_iter().map(|f| {
            let name = if f.name.is_empty() { f.code.clone() } else { f.name };
            (f.code, name)
        });
        Ok(Some(Self {
            figures: serde_json::from_str(&batch.figures).context("a batch's figures")?,
            steps: rows::steps(conn, batch.id)?,
            programmes: catalogue::names(conn)?,
            funds: names.collect(),
            batch,
        }))
    }

    /// What was claimed, and what became of it.
    pub fn claims_equation(&self, lang: Lang) -> Equation {
        let f = &self.figures;
        Equation {
            title: lang.of("申报", "What was claimed"),
            terms: vec![
                (false, lang.of("期初待审核", "held before"), f.opening_held),
                (false, lang.of("本期申报", "claimed"), f.claimed),
                (false, lang.of("复议恢复", "taken up again"), f.reopened),
                (false, lang.of("核增", "raised"), f.raised),
                (true, lang.of("核减", "cut"), -f.cut),
                (true, lang.of("退货冲减", "returned"), -f.returned),
                (true, lang.of("驳回", "rejected"), f.rejected),
                (true, lang.of("期末待审核", "still held"), f.closing_held),
            ],
            result: (lang.of("核定金额", "granted"), f.granted),
        }
    }

    /// What is owed, and what was paid.
    pub fn money_equation(&self, lang: Lang) -> Equation {
        let f = &self.figures;
        Equation {
            title: lang.of("应付", "What is owed"),
            terms: vec![
                (false, lang.of("期初未付", "unpaid before"), f.opening_unpaid),
                (false, lang.of("核定金额", "granted"), f.granted),
                (false, lang.of("补差", "added"), f.added),
                (true, lang.of("退货抵扣", "returns offset"), -f.offset),
                (true, lang.of("上期结转抵扣", "carried from before"), f.owed_before),
                (true, lang.of("预付抵扣", "prepaid"), f.prepaid),
                (false, lang.of("结转下期抵扣", "carried to the next"), f.owed_after),
                (true, lang.of("上期以来已付", "paid since"), f.paid_since),
            ],
            result: (lang.of("期末未付", "unpaid after"), f.closing_unpaid),
        }
    }

    /// The statement's single facts, with their names.
    pub fn facts(&self, lang: Lang) -> Vec<(&'static str, String)> {
        let (b, f) = (&self.batch, &self.figures);
        let yuan = |fen: i64| Money::from_fen(fen.into()).to_string();
        let chains = f.chains.iter().map(|c| format!("{} {}: {}–{}", c.till, c.epoch, c.first, c.last));
        let rates = f.by_rate.iter().map(|(rate, fen)| format!("{} {}", percent(*rate), yuan(*fen)));
        let payable = Money::from_fen(f.payable.into());
        vec![
            (lang.of("编号", "Number"), b.number.clone()),
            (lang.of("结算期", "Period"), b.period.clone()),
            (lang.of("付款单位", "Payer"), f.payer.clone()),
            (lang.of("门店", "Store"), format!("{} {}", f.store, b.store)),
            (lang.of("收款单位", "Payee"), b.payee.clone()),
            (lang.of("收款账户", "Account"), format!("{} {}", b.bank, b.shown)),
            (lang.of("信用代码", "Credit code"), f.credit_code.clone()),
            (lang.of("纳税人", "Taxpayer"), taxpayer(lang, &f.taxpayer).into()),
            (lang.of("补贴方式", "Kind of subsidy"), subsidy(lang, &f.subsidy).into()),
            (
                lang.of("笔数 / 户数 / 人次", "Claims / households / visits"),
                format!("{} / {} / {}", f.claims, f.households, f.visits),
            ),
            (lang.of("商品零售价合计", "Goods at shelf prices"), f.totals.gross.to_string()),
            (lang.of("门店促销", "Promotions"), f.totals.promotion.to_string()),
            (lang.of("惠民优惠合计", "Discounts"), f.totals.discount.to_string()),
            (lang.of("其中资金承担", "of them the funds'"), f.totals.subsidy.to_string()),
            (lang.of("其中门店让利", "of them the store's"), f.totals.concession.to_string()),
            (lang.of("爱心卡支付", "Paid by card"), f.totals.purse.to_string()),
            (lang.of("顾客应付", "Due from families"), f.totals.due.to_string()),
            (lang.of("其中迟到申报", "Granted, of it late"), yuan(f.late)),
            (lang.of("其中放行", "Granted, of it released"), yuan(f.released)),
            (lang.of("按税率", "By tax rate"), rates.collect::<Vec<_>>().join("; ")),
            (lang.of("应拨金额", "To be paid"), yuan(f.payable)),
            (lang.of("大写", "In words"), format!("人民币{}", payable.in_words())),
            (lang.of("发票号码", "Invoice"), b.invoice.clone()),
            (lang.of("付款日期", "Paid on"), b.paid_on.clone().unwrap_or_default()),
            (lang.of("凭证号（银行流水号）", "Bank's reference"), b.reference.clone()),
            (lang.of("已拨 / 差异", "Paid / difference"), self.paid()),
            (lang.of("链首–链尾", "First–last in the chain"), chains.collect::<Vec<_>>().join("; ")),
        ]
    }

    /// What was paid, and what of the statement is not.
    fn paid(&self) -> String {
        let is_paid = matches!(State::parse(&self.batch.state), Some(State::Paid | State::Confirmed));
        let paid = if is_paid { self.figures.payable } else { 0 };
        let yuan = |fen: i64| Money::from_fen(fen.into()).to_string();
        format!("{} / {}", yuan(paid), yuan(self.figures.payable - paid))
    }

    /// Who did which step: 制表, 复核, 审批, 付款, 确认.
    pub fn hands(&self, lang: Lang) -> Vec<(&'static str, String)> {
        let of = |state: State| {
            let names = self.steps.iter().filter(|s| s.step == state.code()).map(|s| s.who.clone());
            names.collect::<Vec<_>>().join(lang.of("、", ", "))
        };
        let word = |state: State| step_word(lang, state.code());
        [State::Made, State::Checked, State::Approved, State::Paid, State::Confirmed]
            .map(|state| (word(state), of(state)))
            .into()
    }

    /// A programme's name.
    pub fn programme<'a>(&'a self, lang: Lang, code: &'a str) -> &'a str {
        self.programmes.get(code).map_or(code, |(zh, en)| lang.of(zh.as_str(), en.as_str()))
    }

    /// A fund's name.
    pub fn fund<'a>(&'a self, code: &'a str) -> &'a str {
        self.funds.get(code).map_or(code, String::as_str)
    }

    /// The table by month of sale, programme and fund, with everything else above and below it.
    pub fn sheet(&self, lang: Lang) -> Sheet {
        let columns = [
            (lang.of("销售月份", "Month of sale"), Kind::Text),
            (lang.of("项目", "Programme"), Kind::Text),
            (lang.of("资金来源", "Fund"), Kind::Text),
            (lang.of("笔数", "Claims"), Kind::Count),
            (lang.of("申报金额", "Claimed"), Kind::Amount),
            (lang.of("核增/核减", "Adjusted"), Kind::Amount),
            (lang.of("退货冲减", "Returned"), Kind::Amount),
            (lang.of("暂缓", "Held"), Kind::Amount),
            (lang.of("驳回", "Rejected"), Kind::Amount),
            (lang.of("核定金额", "Granted"), Kind::Amount),
            (lang.of("补差/抵扣", "Changes"), Kind::Amount),
        ];
        let mut sheet = Sheet::new(columns.map(|(name, kind)| Column::new(name, kind)));
        sheet.title = lang.of(format!("补贴对账表 {}", self.batch.number), format!("Statement {}", self.batch.number));
        let amounts = |g: &Group| {
            [g.asked, g.adjusted, g.returned, g.held, g.rejected, g.granted, g.changes]
                .map(|fen| Value::from(Money::from_fen(fen.into())))
        };
        let mut sum = Group::default();
        for g in &self.figures.groups {
            let mut row: Vec<Value> = vec![
                g.month.clone().into(),
                self.programme(lang, &g.programme).into(),
                self.fund(&g.fund).into(),
                Value::number(g.claims),
            ];
            row.extend(amounts(g));
            sheet.rows.push(row);
            sum.asked += g.asked;
            sum.adjusted += g.adjusted;
            sum.returned += g.returned;
            sum.held += g.held;
            sum.rejected += g.rejected;
            sum.granted += g.granted;
            sum.changes += g.changes;
        }
        let mut totals: Vec<Value> =
            vec![lang.of("合计", "Total").into(), Value::Empty, Value::Empty, Value::number(self.figures.claims)];
        totals.extend(amounts(&sum));
        sheet.totals = Some(totals);
        let colon = lang.of("：", ": ");
        sheet.above = self.facts(lang).into_iter().map(|(name, value)| format!("{name}{colon}{value}")).collect();
        sheet.below = [self.claims_equation(lang), self.money_equation(lang)].iter().map(Equation::line).collect();
        sheet.below.push(whole_claims(lang).into());
        sheet.below.extend(self.hands(lang).into_iter().map(|(name, who)| format!("{name}{colon}{who}")));
        sheet
    }
}

/// What the statement's sums of goods are of.
pub fn whole_claims(lang: Lang) -> &'static str {
    lang.of(
        "商品零售价、促销、优惠、爱心卡支付和顾客应付是整笔申报的合计，含全部出资方；其余金额是本付款单位承担的部分。",
        "Shelf prices, promotions, discounts, card payments and what families owe are of whole claims and all payers; other amounts are this payer's part.",
    )
}

/// A rate in basis points as `9%` or `13.5%`.
pub fn percent(basis_points: i64) -> String {
    let (whole, part) = (basis_points / 100, basis_points % 100);
    if part == 0 { format!("{whole}%") } else { format!("{whole}.{part:02}%").replace("0%", "%") }
}

/// A kind of taxpayer in words.
pub fn taxpayer(lang: Lang, code: &str) -> &'static str {
    match code {
        "general" => lang.of("一般纳税人", "general taxpayer"),
        _ => lang.of("小规模纳税人", "small-scale taxpayer"),
    }
}

/// A kind of subsidy in words.
pub fn subsidy(lang: Lang, code: &str) -> &'static str {
    match code {
        "price_cut" => lang.of("折价（价格折让）", "price cut"),
        _ => lang.of("第三方代付", "third-party payment"),
    }
}

/// A step in words.
pub fn step_word(lang: Lang, code: &str) -> &'static str {
    match code {
        "made" => lang.of("制表", "made"),
        "checked" => lang.of("复核", "checked"),
        "approved" => lang.of("审批", "approved"),
        "paid" => lang.of("付款", "paid"),
        "confirmed" => lang.of("收款确认", "confirmed"),
        "withdrawn" => lang.of("撤回", "withdrawn"),
        _ => lang.of("取付款文件", "payment file fetched"),
    }
}
