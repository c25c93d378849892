//! Counting the drawer, and reports.

use eframe::egui::{Key, Ui};
use serde_json::Value;

use crate::app::theme::size;
use crate::app::widgets::{Keys, Press, dialog, keypad, label, pair, rule, title, typed_field};
use crate::app::worker::Request;
use crate::app::{Scene, keys};

/// A blind count: what should be there is told afterwards.
pub fn count(ui: &mut Ui, scene: &mut Scene<'_>, typed: &mut String) -> bool {
    let p = scene.p;
    keys::type_into(&mut scene.keys, typed, 9, |c| Keys::Amount.takes(c));
    dialog(ui, "count", 400.0, p, |ui| {
        title(ui, scene.t("交班点钱", "Count the drawer"), p);
        label(
            ui,
            scene.t("数一数钱箱里的现金，连备用金一起。", "Count all cash in the drawer, the float too."),
            size::BODY,
            p.weak,
        );
        typed_field(ui, scene.t("现金", "Cash"), typed, "0.00", p);
        keypad(ui, Keys::Amount, typed, 9, scene.lang);
        let enabled = !typed.is_empty() && !scene.is_waiting;
        let by_key = keys::pressed(&mut scene.keys, Key::Enter) && enabled;
        let width = ui.available_width();
        if Press::main(scene.t("交班", "Close the shift")).key("Enter").size(width, 52.0).enabled(enabled).show(ui)
            || by_key
        {
            scene.ask(Request::CloseShift(typed.clone()));
        }
        !Press::new(scene.t("返回", "Back")).key("Esc").size(width, 44.0).show(ui)
    })
}

/// Names of a report's figures; what is not listed here is not for people.
const FIGURES: [(&str, &str, &str); 17] = [
    ("/business_date", "营业日", "Business date"),
    ("/sums/sales", "单数", "Sales"),
    ("/sums/returns", "退货单数", "Returns"),
    ("/sums/gross", "销售合计", "Gross"),
    ("/sums/promotion", "店内促销", "Shop promotions"),
    ("/sums/discount", "惠民优惠", "Family discounts"),
    ("/sums/purse", "爱心卡支付", "Value cards"),
    ("/sums/rounding", "抹零", "Rounding"),
    ("/sums/refunds", "退款", "Refunds"),
    ("/float", "备用金", "Float"),
    ("/expected_cash", "钱箱应有", "Cash expected"),
    ("/counted", "点到", "Counted"),
    ("/over_short", "长款（＋）短款（−）", "Over (+) or short (−)"),
    ("/waiting/unsent", "待上传", "To send"),
    ("/waiting/unprinted", "待打印", "To print"),
    ("/waiting/uncertain", "要看一看的小票", "Paper to look at"),
    ("/waiting/parked", "挂单", "Parked"),
];

/// A report as a list of names and figures.
pub fn report(ui: &mut Ui, scene: &mut Scene<'_>, kind: &str, report: &Value) -> bool {
    let p = scene.p;
    let heading = match kind {
        "x" => scene.t("班次汇总", "Shift so far"),
        "shift" => scene.t("交班完成", "The shift is closed"),
        _ => scene.t("日结完成", "The day is closed"),
    };
    dialog(ui, "report", 460.0, p, |ui| {
        title(ui, heading, p);
        for (pointer, zh, en) in FIGURES {
            // Whoever will count the drawer is not told first what should be in it.
            if kind == "x" && pointer == "/expected_cash" {
                continue;
            }
            let figure = match report.pointer(pointer) {
                Some(Value::String(text)) => text.clone(),
                Some(Value::Number(number)) => number.to_string(),
                _ => continue,
            };
            pair(ui, scene.t(zh, en), &figure.replace('-', "−"), size::BODY, p.ink);
        }
        if let Some(tenders) = report.pointer("/sums/tenders").and_then(Value::as_object) {
            rule(ui, p);
            for (kind, amount) in tenders {
                let name =
                    domain::tender::TenderKind::parse(kind).map(|kind| crate::app::words::tender(scene.lang, kind));
                pair(ui, name.unwrap_or(kind), amount.as_str().unwrap_or_default(), size::BODY, p.ink);
            }
        }
        let by_key = keys::pressed(&mut scene.keys, Key::Enter);
        let width = ui.available_width();
        !(Press::main(scene.t("好了", "Done")).key("Enter").size(width, 52.0).show(ui) || by_key)
    })
}
