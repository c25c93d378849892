//! The example basket beside the form, priced before and after.

use domain::household::CATEGORIES;
use domain::money::Money;
use domain::pricing::{Priced, PricedLine, Reason};
use domain::programme::Programme;
use maud::{Markup, html};

use super::super::words as say;
use super::fields::Form;
use super::sheet::Choices;
use super::words;
use crate::service::programmes::example::{Example, used_fields};

/// The card: who shops, what, and what it comes to.
pub fn card(form: &Form<'_>, choices: &Choices, draft: Option<&Programme>, example: Option<&Example>) -> Markup {
    let lang = form.visit.lang;
    let mut categories: Vec<(String, String)> =
        CATEGORIES.iter().map(|(code, _)| ((*code).into(), words::category(lang, code))).collect();
    categories.extend(
        form.typed.words("categories.other").into_iter().map(|code| (code.clone(), words::category(lang, &code))),
    );
    let stores: Vec<(String, String)> =
        choices.stores.iter().map(|(code, name)| (code.clone(), format!("{name} {code}"))).collect();
    html! {
        aside.card.example id="example" {
            h2 { (form.t("示例", "An example")) }
            (result(form, draft, example))
            div.sheet-form {
                (form.input("try.date", form.t("营业日", "Business date"), "date", ""))
                (form.select("try.store", form.t("门店", "Store"), &stores))
                (form.select("try.category", form.t("类别", "Category"), &categories))
                (form.text("try.size", form.t("人数", "Persons"), ""))
                (form.text("try.district", form.t("行政区划", "District"), ""))
                (form.text("try.tags", form.t("标签", "Tags"), ""))
                @if let Some(p) = draft {
                    @for (id, in_yuan) in used_fields(p) {
                        (form.text(&format!("try.used.{id}"), &lang.of(format!("{id} 已用{}", if in_yuan { "（元）" } else { "" }), format!("{id} used{}", if in_yuan { " (yuan)" } else { "" })), ""))
                    }
                    @if p.is_purse() { (form.text("try.purse", form.t("用爱心卡付多少", "To pay from the card"), "")) }
                }
            }
            p { (form.tick("try.home", "1", form.t("这是常去门店", "it is the home store"))) " " (form.tick("try.offline", "1", form.t("断网", "no line"))) }
            @for row in 0..form.typed.rows("try.lines") {
                @let name = |field: &str| format!("try.lines[{row}].{field}");
                fieldset {
                    legend { (example.and_then(|e| e.names.get(row)).map_or(form.typed.get(&name("product")), String::as_str)) }
                    input type="hidden" name=(name("product")) value=(form.typed.get(&name("product")));
                    div.sheet-form.narrow {
                        (form.text(&name("unit_price"), form.t("单价", "Price"), ""))
                        (form.text(&name("quantity"), form.t("数量", "Quantity"), ""))
                        (form.text(&name("promotion"), form.t("门店促销减", "Promotion"), ""))
                        (form.text(&name("lowest_price_7d"), form.t("7 天最低价", "7-day low"), ""))
                    }
                    (form.quiet(&format!("remove try.lines {row}"), form.t("拿掉", "take out"), "example"))
                }
            }
            p { (form.button("check", form.t("检查并计算", "Check and reckon"), "example")) }
            p { small { (form.t("在“哪些商品”里查找商品，再“放进示例”。", "Find goods under “Which goods”, then put them in.")) } }
        }
    }
}

fn result(form: &Form<'_>, draft: Option<&Programme>, example: Option<&Example>) -> Markup {
    let Some(example) = example else {
        return html! { p.notice { @if draft.is_none() { (form.t("表单填好以后，这里按同一套规则算给您看。", "Once the form is whole, this is priced by the rules themselves.")) } @else { (form.t("放进商品，再按“检查并计算”。", "Put goods in, then check and reckon.")) } } };
    };
    let (before, after) = (&example.before, &example.after);
    html! {
        @if !example.counts { p.notice.warn { (form.t("草稿在这个营业日不算：不在它的有效期里。", "The draft does not count on this date: it is not valid then.")) } }
        div.scroll { table {
            caption { (form.t("在用的版本 → 草稿", "In force → draft")) }
            thead { tr {
                th scope="col" { (form.t("商品", "Goods")) } th.number scope="col" { (form.t("优惠", "Discount")) }
                th.number scope="col" { (form.t("资金承担", "Fund")) } th.number scope="col" { (form.t("爱心卡", "Card")) }
            } }
            tbody { @for (name, (old, new)) in example.names.iter().zip(before.lines.iter().zip(&after.lines)) { tr {
                td { (name) br; small { (form.visit.lang.of("原来：", "before: ")) (why(form, old)) br; (form.visit.lang.of("草稿：", "draft: ")) (why(form, new)) } }
                td.number { (pair(old.discount, new.discount)) } td.number { (pair(old.subsidy, new.subsidy)) } td.number { (pair(old.purse, new.purse)) }
            } } }
            tfoot { tr {
                th scope="row" { (form.t("合计", "Together")) }
                td.number { (pair(before.totals.discount, after.totals.discount)) } td.number { (pair(before.totals.subsidy, after.totals.subsidy)) }
                td.number { (pair(before.totals.purse, after.totals.purse)) }
            } }
        } }
        p { (form.t("门店让利", "Borne by the store")) " " (pair(before.totals.concession, after.totals.concession)) "；" (form.t("顾客应付", "To pay")) " " (due(before, after)) }
    }
}

fn due(before: &Priced, after: &Priced) -> Markup {
    pair(before.totals.due, after.totals.due)
}

/// Before and after; once where they are the same.
fn pair(old: Money, new: Money) -> Markup {
    html! {
        @if old == new { (domain::words::yuan(new)) }
        @else { (domain::words::yuan(old)) " → " strong { (domain::words::yuan(new)) } br; small { (say::difference((new - old).fen_i64())) } }
    }
}

/// Which programme, and why so much.
fn why(form: &Form<'_>, line: &PricedLine) -> String {
    let reason = reason(form, line.reason);
    match &line.programme {
        Some(code) => form.visit.lang.of(format!("{code}，{reason}"), format!("{code}, {reason}")),
        None => reason.into(),
    }
}

/// A reason in words.
fn reason(form: &Form<'_>, reason: Reason) -> &'static str {
    match reason {
        Reason::Full => form.t("全部优惠", "all of the discount"),
        Reason::QuantityLimited => form.t("数量限额只够一部分", "a quantity limit leaves a part"),
        Reason::AmountLimited => form.t("金额限额只够一部分", "an amount leaves a part"),
        Reason::NoBeneficiary => form.t("没有核验", "nobody is verified"),
        Reason::NotEligible => form.t("没有适合这一家的项目", "no programme fits this family"),
        Reason::NotInScope => form.t("不在项目的商品范围内", "not in any programme's scope"),
        Reason::MinimumNotMet => form.t("没有达到起用条件", "the minimum is not met"),
        Reason::LimitReached => form.t("限额用完了", "the limit is used up"),
        Reason::NoReduction => form.t("算下来没有优惠", "the rules come to nothing"),
    }
}
