//! A receipt as lines that fit the paper. Pure: the same lines go to printer, preview and copy.

use domain::money::Money;
use domain::receipt::{Kind, Line as Item, Receipt};
use domain::time::shanghai;

use crate::charset::{columns, printable, wrap};

/// One laid-out piece of paper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Block {
    /// A line of text.
    Text {
        /// Printable text of at most the paper's columns (half of them where `big`).
        text: String,
        /// Twice as wide and high.
        big: bool,
        /// In the middle.
        centred: bool,
        /// Heavier.
        bold: bool,
    },
    /// A QR code of ASCII text.
    Qr(String),
}

/// Lays a receipt out for a paper of so many columns (32, 42 or 48).
pub fn receipt(receipt: &Receipt, width: usize) -> Vec<Block> {
    let mut page = Page { width, blocks: Vec::new() };
    head(&mut page, receipt);
    page.rule();
    for item in &receipt.lines {
        page.item(item, matches!(receipt.kind, Kind::Return { .. }));
    }
    page.rule();
    match &receipt.kind {
        Kind::Sale => sale_sums(&mut page, receipt),
        Kind::Return { .. } => return_sums(&mut page, receipt),
    }
    if !receipt.left.is_empty() {
        page.rule();
        for left in &receipt.left {
            page.pair(&format!("{} {}剩余", left.name, left.period), &left.amount);
        }
    }
    page.rule();
    if !receipt.phone.is_empty() {
        page.text(&format!("服务监督电话 {}", receipt.phone));
    }
    if let Some(address) = &receipt.qr {
        page.centred("扫码查看本单公开记录", false);
        page.blocks.push(Block::Qr(address.clone()));
    }
    page.centred("谢谢惠顾，请保留小票", false);
    page.blocks
}

/// A page to check a new printer by.
pub fn test_page(width: usize) -> Vec<Block> {
    let mut page = Page { width, blocks: Vec::new() };
    page.centred("中文测试", true);
    page.rule();
    page.text("慈善超市 惠民优惠 爱心卡支付");
    page.pair("合计", "￥1234.50");
    page.text("0123456789 ABCDEFG abcdefg");
    page.text(&"1234567890".repeat(5)[..width]);
    page.text("上面一行应正好占满一行");
    page.rule();
    page.centred("打印正常", false);
    page.blocks
}

fn head(page: &mut Page, receipt: &Receipt) {
    page.centred(&receipt.store_name, true);
    if let Kind::Return { of } = &receipt.kind {
        page.centred("退货单", true);
        page.text(&format!("原小票 {of}"));
    }
    if receipt.copy > 0 {
        page.centred(&format!("*** 补打 第{}次 ***", receipt.copy), false);
    }
    page.text(&format!("单号 {}", receipt.number));
    let at = receipt.at.with_timezone(&shanghai()).format("%Y-%m-%d %H:%M:%S").to_string();
    page.pair(&at, &format!("收银员 {}", receipt.cashier));
}

fn sale_sums(page: &mut Page, receipt: &Receipt) {
    page.pair("合计", &receipt.gross.to_string());
    if !receipt.promotion.is_zero() {
        page.pair("店内促销", &negative(receipt.promotion));
    }
    if !receipt.discount.is_zero() {
        page.pair("惠民优惠", &negative(receipt.discount));
    }
    if !receipt.purse.is_zero() {
        page.pair("爱心卡支付", &negative(receipt.purse));
    }
    if !receipt.rounding.is_zero() {
        page.pair("抹零", &negative(receipt.rounding));
    }
    page.strong_pair("应收", &receipt.due.to_string());
    for (name, amount) in &receipt.tenders {
        page.pair(name, &amount.to_string());
    }
    if !receipt.change.is_zero() {
        page.pair("找零", &receipt.change.to_string());
    }
}

fn return_sums(page: &mut Page, receipt: &Receipt) {
    if !receipt.discount.is_zero() {
        page.pair("冲回惠民优惠", &receipt.discount.to_string());
    }
    if !receipt.purse.is_zero() {
        page.pair("退回爱心卡", &receipt.purse.to_string());
    }
    page.strong_pair("退款", &receipt.due.to_string());
}

fn negative(amount: Money) -> String {
    if amount < Money::ZERO { (-amount).to_string() } else { format!("-{amount}") }
}

struct Page {
    width: usize,
    blocks: Vec<Block>,
}

impl Page {
    fn push(&mut self, text: String, big: bool, centred: bool, bold: bool) {
        self.blocks.push(Block::Text { text, big, centred, bold });
    }

    fn text(&mut self, text: &str) {
        for line in wrap(&printable(text), self.width) {
            self.push(line, false, false, false);
        }
    }

    fn centred(&mut self, text: &str, big: bool) {
        let width = if big { self.width / 2 } else { self.width };
        for line in wrap(&printable(text), width) {
            self.push(line, big, true, false);
        }
    }

    fn rule(&mut self) {
        self.push("-".repeat(self.width), false, false, false);
    }

    /// Text at the left, a figure at the right; on two lines where one is too short.
    fn pair(&mut self, left: &str, right: &str) {
        self.weighted_pair(left, right, false);
    }

    fn strong_pair(&mut self, left: &str, right: &str) {
        self.weighted_pair(left, right, true);
    }

    fn weighted_pair(&mut self, left: &str, right: &str, bold: bool) {
        let (left, right) = (printable(left), printable(right));
        let mut lines = wrap(&left, self.width);
        let last = lines.pop().unwrap_or_default();
        for line in lines {
            self.push(line, false, false, bold);
        }
        let (used, needed) = (columns(&last), columns(&right));
        if used + 1 + needed <= self.width {
            let gap = " ".repeat(self.width - used - needed);
            self.push(format!("{last}{gap}{right}"), false, false, bold);
            return;
        }
        self.push(last, false, false, bold);
        for line in wrap(&right, self.width) {
            let gap = " ".repeat(self.width.saturating_sub(columns(&line)));
            self.push(format!("{gap}{line}"), false, false, bold);
        }
    }

    fn item(&mut self, item: &Item, back: bool) {
        self.text(&item.name);
        let amount = if back { negative(item.amount) } else { item.amount.to_string() };
        let unit = &item.unit_name;
        self.pair(&format!("  {}{unit} × {}", item.quantity, item.unit_price), &amount);
        if !item.promotion.is_zero() {
            self.pair("  店内促销", &negative(item.promotion));
        }
        match (&item.discount, &item.note) {
            (Some((_, amount)), Some(note)) => self.pair(&format!("  惠民优惠 {note}"), &negative(*amount)),
            (Some((name, amount)), None) => self.pair(&format!("  惠民优惠 {name}"), &negative(*amount)),
            (None, Some(note)) => self.text(&format!("  {note}")),
            (None, None) => {}
        }
    }
}
