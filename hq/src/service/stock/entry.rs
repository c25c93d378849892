//! What a store enters: checked, kept, struck out.

use anyhow::Result;
use chrono::NaiveDate;
use domain::basket::SaleUnit;
use domain::money::Money;
use domain::product::Product;
use domain::quantity::Quantity;
use domain::time::{business_date, parse_date};
use serde_json::json;
use sheets::{Limits, Reading};

use super::book;
use crate::service::shop::{labels, typed_key};
use crate::service::{Hq, now};
use crate::store::sql::Conn;
use crate::store::stock::{self, Move};
use crate::store::{audit, shop};

/// Most rows of a file of sales.
const MOST: usize = 20_000;

/// What is entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// 收货
    Received,
    /// 其他销售
    Sold,
    /// 发放捐赠物资
    Given,
    /// 盘点
    Counted,
}

/// All of them.
pub const KINDS: [Kind; 4] = [Kind::Received, Kind::Sold, Kind::Given, Kind::Counted];

impl Kind {
    /// The code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Sold => "sold",
            Self::Given => "given",
            Self::Counted => "counted",
        }
    }

    /// Reads the code.
    pub fn parse(code: &str) -> Option<Self> {
        KINDS.into_iter().find(|kind| kind.code() == code)
    }
}

/// An entry as it is typed.
#[derive(Debug, Clone, Default)]
pub struct Typed {
    /// Barcode or PLU.
    pub product: String,
    /// Date.
    pub date: String,
    /// How much.
    pub quantity: String,
    /// Whether it was donated.
    pub is_donated: bool,
    /// What all of it cost.
    pub cost: String,
    /// Supplier or donor.
    pub source: String,
    /// Number of the invoice.
    pub invoice: String,
    /// Families that got something.
    pub households: String,
    /// Why a count differs.
    pub note: String,
}

/// A sentence in both languages: what to do about an entry that is not taken.
pub type Problem = String;

/// Keeps an entry.
pub fn enter(hq: &Hq, who: &str, store: &str, kind: Kind, typed: &Typed) -> Result<Result<(), Problem>> {
    let db = hq.db();
    let tx = db.begin()?;
    let entry = match checked(&tx, who, store, kind, typed)? {
        Ok(entry) => entry,
        Err(problem) => return Ok(Err(problem)),
    };
    let id = stock::insert(&tx, &entry)?;
    let detail = json!({
        "store": store, "entry": id, "product": entry.product, "date": entry.date, "milli": entry.milli,
        "source": entry.source, "invoice": entry.invoice, "note": entry.note,
    });
    audit(&tx, who, &format!("stock {}", kind.code()), &detail.to_string())?;
    tx.commit()?;
    Ok(Ok(()))
}

fn checked(conn: &Conn, who: &str, store: &str, kind: Kind, typed: &Typed) -> Result<Result<Move, Problem>> {
    let no = |text: &str| Ok(Err(text.to_owned()));
    let Some(product) = product(conn, store, &typed.product)? else {
        return no("商品列表里没有这个条码或编号，请先添加商品。 The list has no such product: add it first");
    };
    let Some(date) = date(&typed.date) else {
        return no("请填写日期，不能晚于今天。 Enter a date that is not after today");
    };
    let least = i128::from(kind != Kind::Counted);
    let quantity = Quantity::parse(typed.quantity.trim()).ok().filter(|q| q.milli() >= least);
    let Some(quantity) = quantity.filter(|q| product.unit != SaleUnit::Piece || q.is_whole()) else {
        return no("请填写数量；按件卖的填整数。 Enter a quantity, whole where it is sold by the piece");
    };
    let cost = Some(typed.cost.trim()).filter(|text| !text.is_empty()).map(Money::parse).transpose();
    let Ok(cost) = cost else {
        return no("请填写金额，例如 199.00，或者留空。 Enter an amount, as in 199.00, or nothing");
    };
    let households = Some(typed.households.trim()).filter(|text| !text.is_empty());
    let households: Option<u32> = households.and_then(|text| text.parse().ok()).filter(|n| *n > 0);
    for text in [&typed.source, &typed.invoice, &typed.note] {
        if text.chars().count() > 200 || text.chars().any(char::is_control) {
            return no("文字最多 200 个字。 At most 200 characters");
        }
    }
    match kind {
        Kind::Received if typed.source.trim().is_empty() => {
            return no("请填写供货商或捐赠方。 Enter the supplier or donor");
        }
        Kind::Given if households.is_none() => {
            return no("请填写发给了几户。 Enter how many households got it");
        }
        Kind::Counted => {
            let book = book(conn, store, &product.key.tagged(), date)?;
            if i128::from(book) != quantity.milli() && typed.note.trim().is_empty() {
                let book = signed(book);
                return Ok(Err(format!(
                    "账面是 {book}，与盘点数不同，请写明原因。 The books say {book}: enter the reason for the difference"
                )));
            }
        }
        Kind::Received | Kind::Sold | Kind::Given => {}
    }
    Ok(Ok(Move {
        store: store.into(),
        product: product.key.tagged(),
        date: date.to_string(),
        kind: kind.code().into(),
        milli: quantity.milli_i64(),
        is_donated: kind == Kind::Received && typed.is_donated,
        cost_fen: cost.filter(|_| kind == Kind::Received).map(Money::fen_i64),
        source: typed.source.trim().into(),
        invoice: typed.invoice.trim().into(),
        households: households.map(i64::from),
        note: typed.note.trim().into(),
        who: who.into(),
        ..Move::default()
    }))
}

/// Thousandths as people read them.
pub fn signed(milli: i64) -> String {
    Quantity::from_milli(milli.into()).decimal().normalize().to_string()
}

/// A product of a store by its barcode or PLU.
fn product(conn: &Conn, store: &str, typed: &str) -> Result<Option<Product>> {
    let Ok(key) = typed_key(typed.trim()) else { return Ok(None) };
    Ok(shop::find(conn, store, "product", &key.tagged())?.as_ref().and_then(labels::product))
}

/// A day that is not after today.
fn date(text: &str) -> Option<NaiveDate> {
    parse_date(text.trim()).ok().filter(|date| *date <= business_date(now()))
}

/// Takes sales to others than families from a file: all of its rows, or none with what is wrong.
pub fn import_sold(hq: &Hq, who: &str, store: &str, bytes: &[u8]) -> Result<Result<usize, Vec<Problem>>> {
    const DATE: [&str; 2] = ["日期", "date"];
    const CODE: [&str; 4] = ["条码", "条码或编号", "编号", "code"];
    const QUANTITY: [&str; 2] = ["数量", "quantity"];
    let known: Vec<&str> = DATE.into_iter().chain(CODE).chain(QUANTITY).collect();
    let limits = Limits { rows: MOST, bytes: 16 << 20, ..Limits::default() };
    let table = match sheets::read(bytes, &Reading::new(&known).limits(limits)) {
        Ok(table) => table,
        Err(problem) => return Ok(Err(vec![problem.to_string()])),
    };
    let db = hq.db();
    let tx = db.begin()?;
    let (mut problems, mut taken) = (Vec::new(), 0);
    for row in &table.rows {
        let of = |names: &[&str]| names.iter().find_map(|name| row.get(name)).unwrap_or_default().to_owned();
        let typed = Typed { product: of(&CODE), date: of(&DATE), quantity: of(&QUANTITY), ..Typed::default() };
        match checked(&tx, who, store, Kind::Sold, &typed)? {
            Ok(entry) => {
                stock::insert(&tx, &entry)?;
                taken += 1;
            }
            Err(problem) => problems.push(format!("第 {0} 行 line {0}：{problem}", row.line)),
        }
    }
    if !problems.is_empty() {
        return Ok(Err(problems));
    }
    audit(&tx, who, "stock sold file", &json!({ "store": store, "rows": taken }).to_string())?;
    tx.commit()?;
    Ok(Ok(taken))
}

/// Strikes an entry out; whether there was one that counted.
pub fn strike(hq: &Hq, who: &str, store: &str, id: i64) -> Result<bool> {
    let db = hq.db();
    let tx = db.begin()?;
    if !stock::strike(&tx, store, id, who)? {
        return Ok(false);
    }
    audit(&tx, who, "stock strike", &json!({ "store": store, "entry": id }).to_string())?;
    tx.commit()?;
    Ok(true)
}
