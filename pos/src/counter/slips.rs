//! Slips: reports, what is left for a family, blank numbered forms, cash moves.

use domain::lang::Lang;
use domain::money::Money;
use domain::programme::Unit;
use domain::slip::{Row, Slip};
use domain::tender::TenderKind;
use domain::till::{Family, Refusal};
use domain::words;
use serde_json::Value;

use crate::effects::{Driver, failed};
use crate::paper::kind_name;

/// Names of a report's figures, for paper and screen; what is not listed here is not for people.
pub const FIGURES: [(&str, &str, &str); 21] = [
    ("/business_date", "营业日", "Business date"),
    ("/sums/sales", "单数", "Sales"),
    ("/sums/returns", "退货单数", "Returns"),
    ("/sums/gross", "销售合计", "Gross"),
    ("/sums/promotion", "店内促销", "Shop promotions"),
    ("/sums/discount", "惠民优惠", "Family discounts"),
    ("/sums/purse", "爱心卡支付", "Value cards"),
    ("/sums/rounding", "抹零", "Rounding"),
    ("/sums/waived", "让零", "Waived"),
    ("/sums/refunds", "退款", "Refunds"),
    ("/sums/cash_in", "现金存入", "Cash put in"),
    ("/sums/cash_out", "现金取出", "Cash taken out"),
    ("/float", "备用金", "Float"),
    ("/expected_cash", "钱箱应有", "Cash expected"),
    ("/counted", "点到", "Counted"),
    ("/over_short", "长款（＋）短款（−）", "Over (+) or short (−)"),
    ("/reason", "原因", "Reason"),
    ("/waiting/unsent", "待上传", "To send"),
    ("/waiting/unprinted", "待打印", "To print"),
    ("/waiting/uncertain", "要看一看的小票", "Paper to look at"),
    ("/waiting/parked", "挂单", "Parked"),
];

/// The rows of a report: name in both languages, and figure. Whoever will count the drawer is not
/// told before what should be in it.
pub fn rows(kind: &str, report: &Value) -> Vec<(&'static str, &'static str, String)> {
    let row = |(pointer, zh, en): (&str, &'static str, &'static str)| {
        if kind == "x" && pointer == "/expected_cash" {
            return None;
        }
        let figure = match report.pointer(pointer) {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Number(number)) => number.to_string(),
            _ => return None,
        };
        // What did not happen needs no row.
        let is_rare =
            pointer.starts_with("/sums/") && ["waived", "cash_in", "cash_out"].iter().any(|w| pointer.ends_with(w));
        if is_rare && figure == "0.00" {
            return None;
        }
        Some((zh, en, figure))
    };
    FIGURES.into_iter().filter_map(row).collect()
}

/// The means of payment of a report, and how much by each.
pub fn tenders(report: &Value) -> Vec<(String, String, String)> {
    by_means(report, "/sums/tenders")
}

/// By which means of payment refunds of a report went back, and how much by each.
pub fn refunded(report: &Value) -> Vec<(String, String, String)> {
    by_means(report, "/sums/refunded")
}

fn by_means(report: &Value, pointer: &str) -> Vec<(String, String, String)> {
    let Some(tenders) = report.pointer(pointer).and_then(Value::as_object) else {
        return Vec::new();
    };
    let named = |(code, amount): (&String, &Value)| {
        let amount = amount.as_str().unwrap_or_default().to_owned();
        match TenderKind::kept(code) {
            Ok(kind) => (kind.zh().into(), kind.en().into(), amount),
            Err(_) => (code.clone(), code.clone(), amount),
        }
    };
    tenders.iter().map(named).collect()
}

impl Driver {
    /// An empty slip with the shop at its head.
    pub fn slip(&self, title: &str) -> Result<Slip, Refusal> {
        Ok(Slip {
            store_name: self.shop.store_name().map_err(failed)?,
            title: title.into(),
            number: None,
            at: self.shop.now(),
            by: self.cashier().unwrap_or_default(),
            training: self.shop.is_training,
            copy: 0,
            rows: Vec::new(),
            code: None,
            foot: Vec::new(),
        })
    }

    /// Sends a slip to the printer's queue; its job.
    pub fn print_slip(&mut self, slip: &Slip) -> Result<i64, Refusal> {
        let Some((printer, _, profile)) = self.shop.slip_printer().map_err(failed)? else {
            return Err(Refusal::NoPrinter);
        };
        let bytes = printers::slip_bytes(slip, profile).map_err(Refusal::Failed)?;
        let number = slip.number.clone().unwrap_or_default();
        self.shop.store.queue_print(printer, &number, slip.copy, &bytes, slip.at.timestamp_millis()).map_err(failed)
    }

    /// X or Z on paper.
    pub fn report_slip(&self, kind: &str, report: &Value) -> Result<Slip, Refusal> {
        let title = match kind {
            "x" => "班次汇总（X）",
            "shift" => "交班单",
            _ => "日结单（Z）",
        };
        let mut slip = self.slip(title)?;
        if let Some(till) = self.shop.identity.as_ref().map(|id| format!("{} {}", id.store, id.till)) {
            slip.rows.push(Row::Pair("款台".into(), till));
        }
        let mut waits = false;
        for (zh, _, figure) in rows(kind, report) {
            if zh == "待上传" && !waits {
                slip.rows.push(Row::Rule);
                waits = true;
            }
            slip.rows.push(Row::Pair(zh.into(), figure));
        }
        slip.rows.push(Row::Heading("收款方式".into()));
        slip.rows.extend(tenders(report).into_iter().map(|(zh, _, amount)| Row::Pair(zh, amount)));
        let refunded = refunded(report);
        if !refunded.is_empty() {
            slip.rows.push(Row::Heading("退款方式".into()));
            slip.rows.extend(refunded.into_iter().map(|(zh, _, amount)| Row::Pair(zh, amount)));
        }
        if kind != "x" {
            slip.rows.push(Row::Pair("收银员签字".into(), String::new()));
            slip.rows.push(Row::Blank(1));
            slip.rows.push(Row::Pair("店长签字".into(), String::new()));
            slip.rows.push(Row::Blank(1));
        }
        Ok(slip)
    }

    /// What is left for a family, without a sale (查额度). No name and no category.
    pub fn quota_slip(&self, family: &Family) -> Result<Slip, Refusal> {
        let mut slip = self.slip("优惠额度查询")?;
        for programme in &family.programmes {
            slip.rows.push(Row::Heading(kind_name(&programme.name_zh)));
            slip.rows.push(Row::Text(words::benefit(Lang::Zh, programme.benefit)));
            for left in &programme.left {
                let unit = match left.unit {
                    None => "元",
                    Some(Unit::Kg) => "公斤",
                    Some(Unit::Piece) => "件",
                };
                let name = format!("{}剩余", words::period(Lang::Zh, left.per));
                slip.rows.push(Row::Pair(name, format!("{}{unit}", left.amount)));
            }
        }
        if family.programmes.is_empty() {
            slip.rows.push(Row::Text("今天没有可用的优惠项目，请联系社区或慈善总会。".into()));
        }
        if !family.online {
            slip.foot.push("未联网，以联网后为准。".into());
        }
        Ok(slip)
    }

    /// Blank numbered slips, for the day when nothing else works. Their numbers go on from the last.
    pub fn blank_slips(&mut self, count: u32) -> Result<Vec<String>, Refusal> {
        let identity = self.shop.identity.clone().ok_or(Refusal::NotEnrolled)?;
        let last = self.shop.store.setting("last_blank_slip").map_err(failed)?.and_then(|n| n.parse::<u32>().ok());
        let first = last.unwrap_or(0) + 1;
        let mut numbers = Vec::new();
        for n in first..first.saturating_add(count.clamp(1, 20)) {
            let number = format!("M-{}-{}-{n:04}", identity.store, identity.till);
            let mut slip = self.slip("惠民优惠手工单")?;
            slip.number = Some(number.clone());
            let line = |name: &str| [Row::Text(name.into()), Row::Blank(1)];
            slip.rows.extend(line("日期"));
            slip.rows.extend(line("卡号或证件后四位（号码由收银员另记）"));
            for item in 1..=6 {
                slip.rows.extend(line(&format!("{item} 品名 / 数量 / 金额")));
            }
            slip.rows.extend(line("合计 / 优惠 / 实收"));
            slip.rows.extend(line("顾客签字"));
            slip.rows.extend(line("收银员、店长签字"));
            slip.code = Some(number.clone());
            slip.foot.push("系统恢复后补录一次，由总部审核。".into());
            self.print_slip(&slip)?;
            self.shop.store.set_setting("last_blank_slip", &n.to_string()).map_err(failed)?;
            numbers.push(number);
        }
        Ok(numbers)
    }

    /// Cash put in or taken out, for both to sign.
    pub fn cash_slip(&self, title: &str, amount: Money, reason: &str) -> Result<Slip, Refusal> {
        let mut slip = self.slip(title)?;
        slip.rows.push(Row::Big("金额".into(), amount.to_string()));
        slip.rows.push(Row::Pair("原因".into(), reason.into()));
        slip.rows.push(Row::Text("签字".into()));
        slip.rows.push(Row::Blank(1));
        Ok(slip)
    }

    /// What to take off in the other till, before it has a receipt number (旁挂).
    pub fn take_off_slip(&self) -> Result<Slip, Refusal> {
        let sale = self.till.screen.open()?;
        let totals = sale.priced.as_ref().map(|p| p.totals).ok_or(Refusal::BasketEmpty)?;
        let off = totals.discount + totals.purse;
        if off.is_zero() {
            return Err(Refusal::NothingToClaim);
        }
        let mut slip = self.slip("惠民凭条（未登记）")?;
        for line in &sale.lines {
            let name = format!("{} {}", line.product.name, line.product.spec);
            slip.rows.push(Row::Pair(name.trim().into(), line.basket.quantity.to_string()));
        }
        slip.rows.push(Row::Rule);
        slip.rows.push(Row::Big("请在收银机减".into(), off.to_string()));
        slip.rows.push(Row::Text("收银机小票号".into()));
        slip.rows.push(Row::Blank(1));
        slip.foot.push("回来登记小票号后才算数。".into());
        Ok(slip)
    }
}
