//! A receipt as lines that fit the paper. Pure: the same lines go to printer, preview and copy.

use chrono::{DateTime, Utc};
use domain::money::Money;
use domain::receipt::{Kind, Line as Item, Receipt};
use domain::time::shanghai;

use crate::charset::{columns, printable};
use crate::sheet::{Block, Sheet, Size, Weight, fields};

/// What a paper of a training session says, so that nobody takes it for money.
pub(crate) const TRAINING: &str = "*** 训练 不作凭证 ***";
/// From so many columns on quantity, price and amount stand in a row beside the name.
const WIDE: usize = 42;

/// Lays a receipt out for a paper of so many columns (32, 42 or 48).
pub fn receipt(receipt: &Receipt, width: usize) -> Vec<Block> {
    let mut sheet = Sheet::new(width);
    head(&mut sheet, receipt);
    sheet.rule();
    if width >= WIDE {
        sheet.pair("品名", &row(width, "数量", "单价", "金额"), Weight::Plain);
    }
    for line in &receipt.lines {
        item(&mut sheet, line, matches!(receipt.kind, Kind::Return { .. } | Kind::Void { .. }));
    }
    sheet.rule();
    match &receipt.kind {
        Kind::Sale => sale_sums(&mut sheet, receipt),
        Kind::Return { .. } | Kind::Void { .. } => return_sums(&mut sheet, receipt),
        Kind::Beside { host_receipt } => beside_sums(&mut sheet, receipt, host_receipt.as_deref()),
    }
    if !receipt.left.is_empty() {
        sheet.rule();
        for left in &receipt.left {
            sheet.pair(&format!("{} {}剩余", left.name, left.period), &left.amount, Weight::Plain);
        }
    }
    sheet.rule();
    foot(&mut sheet, receipt);
    sheet.blocks
}

/// A page to check a new printer by: edges, sizes, hanzi, signs and codes.
pub fn test_page(width: usize) -> Vec<Block> {
    let mut sheet = Sheet::new(width);
    sheet.title("中文测试");
    sheet.text(&"1234567890".repeat(5)[..width]);
    sheet.pair("|<左边缘", "右边缘>|", Weight::Plain);
    sheet.text(&format!("上面两行应正好占满纸宽（{width}列）"));
    sheet.rule();
    sheet.text("普通 惠民优惠 爱心卡支付 Abc 123");
    sheet.sized("加粗 惠民优惠 Abc 123", Size::Normal, Weight::Bold);
    sheet.sized("倍高 惠民优惠 Abc 123", Size::Tall, Weight::Plain);
    sheet.sized("倍大 Abc 123", Size::Big, Weight::Plain);
    sheet.text("符号 ￥ × · … “” ① ㎏ 〓");
    sheet.pair("合计", "￥1234.50", Weight::Plain);
    sheet.big_pair("应收", "1234.50");
    sheet.rule();
    sheet.centred("扫码应得到下面的数字和字母", Weight::Plain);
    sheet.blocks.push(Block::Ean13("6901234567892".into()));
    sheet.blocks.push(Block::Code128("JIHUI-2026".into()));
    sheet.centred("二维码应得到 JIHUI TEST", Weight::Plain);
    sheet.blocks.push(Block::Qr("JIHUI TEST".into()));
    sheet.centred("打印正常", Weight::Bold);
    sheet.blocks
}

fn head(sheet: &mut Sheet, receipt: &Receipt) {
    sheet.title(&receipt.store_name);
    match receipt.kind {
        Kind::Sale => {}
        Kind::Return { .. } => sheet.title("退货单"),
        Kind::Void { .. } => sheet.title("作废单"),
        Kind::Beside { .. } => sheet.title("惠民凭条"),
    }
    marks(sheet, receipt.training, receipt.copy);
    sheet.text(&format!("单号 {}", receipt.number));
    if let Kind::Return { of } | Kind::Void { of } = &receipt.kind {
        sheet.text(&format!("原单 {of}"));
    }
    sheet.pair(&clock(receipt.at), &format!("收银员 {}", receipt.cashier), Weight::Plain);
}

/// What tells a paper from an ordinary original.
pub(crate) fn marks(sheet: &mut Sheet, training: bool, copy: u32) {
    if training {
        sheet.centred(TRAINING, Weight::Bold);
    }
    if copy > 0 {
        sheet.centred(&format!("*** 补打 第{copy}次 ***"), Weight::Bold);
    }
}

/// A moment as the shop's clock shows it.
pub(crate) fn clock(at: DateTime<Utc>) -> String {
    at.with_timezone(&shanghai()).format("%Y-%m-%d %H:%M:%S").to_string()
}

/// Quantity, price and amount in their columns.
fn row(width: usize, quantity: &str, price: &str, amount: &str) -> String {
    let [first, second, third] = if width < 48 { [9, 8, 9] } else { [10, 9, 10] };
    fields(&[(quantity, first), (price, second), (amount, third)])
}

fn item(sheet: &mut Sheet, item: &Item, back: bool) {
    let name = printable(&item.name);
    // A product without a name can still be told by its code.
    let name = if name.trim().is_empty() { item.code.as_str() } else { name.trim() };
    let amount = if back { negative(item.amount) } else { item.amount.to_string() };
    let quantity = format!("{}{}", item.quantity, item.unit_name);
    let price = item.unit_price.to_string();
    if sheet.width >= WIDE {
        let figures = row(sheet.width, &quantity, &price, &amount);
        sheet.pair(name, &figures, Weight::Plain);
    } else {
        sheet.text(name);
        sheet.pair(&format!("  {quantity}×{price}"), &amount, Weight::Plain);
    }
    if !item.promotion.is_zero() {
        sheet.pair("  店内促销", &negative(item.promotion), Weight::Plain);
    }
    if let Some((programme, amount)) = item.discount.as_ref().filter(|(_, amount)| !amount.is_zero()) {
        sheet.pair(&format!("  惠民优惠 {programme}"), &negative(*amount), Weight::Plain);
    }
    if let Some(note) = &item.note {
        sheet.text(&format!("  （{note}）"));
    }
}

/// What the goods cost, and what help took off.
fn goods_sums(sheet: &mut Sheet, receipt: &Receipt) {
    sheet.pair(&format!("合计 共{}种", receipt.lines.len()), &receipt.gross.to_string(), Weight::Plain);
    if !receipt.promotion.is_zero() {
        sheet.pair("店内促销", &negative(receipt.promotion), Weight::Plain);
    }
    if !receipt.discount.is_zero() {
        sheet.pair("惠民优惠", &negative(receipt.discount), Weight::Bold);
    }
    if !receipt.purse.is_zero() {
        sheet.pair("爱心卡支付", &negative(receipt.purse), Weight::Bold);
    }
}

/// The other till takes the money: what matters is how much less it takes.
fn beside_sums(sheet: &mut Sheet, receipt: &Receipt, host_receipt: Option<&str>) {
    goods_sums(sheet, receipt);
    sheet.big_pair("请在收银机减", &(receipt.discount + receipt.purse).to_string());
    let label = "收银机小票号";
    match host_receipt {
        Some(number) => sheet.pair(label, number, Weight::Plain),
        None => {
            // Room above it for a hand that writes.
            sheet.text("");
            sheet.pair(label, &"_".repeat(sheet.width - columns(label) - 1), Weight::Plain);
        }
    }
}

fn sale_sums(sheet: &mut Sheet, receipt: &Receipt) {
    goods_sums(sheet, receipt);
    if !receipt.rounding.is_zero() {
        sheet.pair("抹零", &signed(receipt.rounding), Weight::Plain);
    }
    if !receipt.waived.is_zero() {
        sheet.pair("让零", &signed(receipt.waived), Weight::Plain);
    }
    sheet.big_pair("应收", &receipt.due.to_string());
    for (name, amount) in &receipt.tenders {
        sheet.pair(name, &amount.to_string(), Weight::Plain);
    }
    if !receipt.change.is_zero() {
        sheet.pair("找零", &receipt.change.to_string(), Weight::Plain);
    }
}

/// The lines of a return are what was paid for them; what was never paid is not given back.
fn return_sums(sheet: &mut Sheet, receipt: &Receipt) {
    let paid: Money = receipt.lines.iter().map(|line| line.amount).sum();
    if !receipt.purse.is_zero() {
        sheet.pair("退回爱心卡", &receipt.purse.to_string(), Weight::Bold);
    }
    let rounding = paid - receipt.purse - receipt.waived - receipt.due;
    if !rounding.is_zero() {
        sheet.pair("抹零", &signed(rounding), Weight::Plain);
    }
    if !receipt.waived.is_zero() {
        sheet.pair("让零", &signed(receipt.waived), Weight::Plain);
    }
    sheet.big_pair("退款", &receipt.due.to_string());
    for (name, amount) in &receipt.tenders {
        sheet.pair("退款方式", &format!("{name} {amount}"), Weight::Plain);
    }
    if !receipt.discount.is_zero() {
        sheet.text(&format!("按实付退款，不含惠民优惠{}元", receipt.discount));
    }
}

fn foot(sheet: &mut Sheet, receipt: &Receipt) {
    if let Some(address) = &receipt.qr {
        sheet.centred("扫码查看本单公开记录", Weight::Plain);
        sheet.blocks.push(Block::Qr(address.clone()));
    }
    if !receipt.phone.is_empty() {
        sheet.centred(&format!("服务监督电话 {}", receipt.phone), Weight::Plain);
    }
    if receipt.training {
        // Nothing to keep.
        sheet.centred(TRAINING, Weight::Bold);
        return;
    }
    let name = match receipt.kind {
        Kind::Sale | Kind::Return { .. } | Kind::Void { .. } => "小票",
        Kind::Beside { .. } => "凭条",
    };
    sheet.centred(&format!("谢谢惠顾，请保留{name}"), Weight::Plain);
}

/// An amount that was taken off.
fn negative(amount: Money) -> String {
    format!("-{}", if amount < Money::ZERO { -amount } else { amount })
}

/// What rounding took off; where it rounded up, it was added.
fn signed(taken_off: Money) -> String {
    if taken_off < Money::ZERO { format!("+{}", -taken_off) } else { format!("-{taken_off}") }
}
