//! What came of a what-if: tables, the check against what was granted, and the same as a file.

use std::collections::BTreeMap;

use axum::extract::State;
use maud::{Markup, html};

use sheets::{Column, Kind, Sheet, Value};

use super::super::files::{self, figure};
use super::super::{Answer, Failure, Shared, Visit, blocking, words};
use crate::console::At;
use crate::service::access::Place;
use crate::service::what_if::{Cut, Figures, Outcome, State as Stand, Why};
use crate::service::{Hq, catalogue};
use crate::store::{audit, tills};

/// Names of stores and programmes.
struct Names {
    stores: BTreeMap<String, String>,
    programmes: BTreeMap<String, (String, String)>,
}

impl Names {
    fn read(hq: &Hq) -> anyhow::Result<Self> {
        let db = hq.reading();
        let stores = tills::stores(&db.conn)?.into_iter().map(|s| (s.code, s.name)).collect();
        Ok(Self { stores, programmes: catalogue::names(&db.conn)? })
    }

    /// A row's key in words.
    fn of(&self, visit: &Visit, cut: Cut, key: &str) -> String {
        match cut {
            Cut::All => visit.t("合计", "Together").into(),
            Cut::Store => self.stores.get(key).map_or_else(|| key.to_owned(), |name| format!("{name} {key}")),
            Cut::Programme => {
                let name = self.programmes.get(key).map(|(zh, en)| visit.lang.of(zh, en));
                name.map_or_else(|| key.to_owned(), |name| format!("{name} {key}"))
            }
            Cut::Category | Cut::Size if key.is_empty() => visit.t("名册里没有", "not in the roster").into(),
            Cut::Category => domain::words::category(visit.lang, key),
            Cut::Size => visit.lang.of(format!("{key} 口"), format!("{key} persons")),
        }
    }
}

fn title(visit: &Visit, cut: Cut) -> &'static str {
    match cut {
        Cut::All => visit.t("合计", "Together"),
        Cut::Programme => visit.t("按项目", "By programme"),
        Cut::Store => visit.t("按门店", "By store"),
        Cut::Category => visit.t("按类别", "By category"),
        Cut::Size => visit.t("按家庭人数", "By size of household"),
    }
}

/// The tables.
pub fn show(hq: &Hq, visit: &Visit, id: i64, outcome: &Outcome) -> Result<Markup, Failure> {
    let names = Names::read(hq)?;
    Ok(html! {
        div.bar {
            p { (visit.lang.of(format!("共 {} 笔申报，已减去退货", outcome.claims), format!("{} claims, less what came back", outcome.claims))) }
            a.button href={ "/console/what-if/" (id) "/csv" } { (visit.t("导出 CSV", "Export CSV")) }
        }
        @for cut in Cut::ALL { (table(visit, &names, cut, outcome)) }
        (check(visit, outcome))
    })
}

/// The amounts of a table's columns.
fn amounts(f: &Figures) -> [i64; 4] {
    [f.discount, f.subsidy, f.purse, f.concession()]
}

fn heads(visit: &Visit) -> [&'static str; 4] {
    [
        visit.t("惠民优惠", "Discount"),
        visit.t("资金承担", "Fund's part"),
        visit.t("爱心卡支付", "Value card"),
        visit.t("门店让利", "Store's part"),
    ]
}

fn table(visit: &Visit, names: &Names, cut: Cut, outcome: &Outcome) -> Markup {
    html! {
        div.scroll { table {
            caption { (title(visit, cut)) " " small { (visit.t("原来 → 试算", "now → then")) } }
            thead { tr {
                td {}
                th.number scope="col" { (visit.t("笔数", "Claims")) } th.number scope="col" { (visit.t("户数", "Households")) }
                @for head in heads(visit) { th.number scope="col" { (head) } }
            } }
            tbody { @for (key, [now, then]) in outcome.sums.of(cut) { tr {
                th scope="row" { (names.of(visit, cut, key)) }
                @for (now, then) in [(now.claims, then.claims), (now.households, then.households)] {
                    td.number { (now) @if now != then { " → " strong { (then) } } }
                }
                @for (now, then) in amounts(&now).into_iter().zip(amounts(&then)) {
                    td.number { (words::yuan(now)) @if now != then { " → " strong { (words::yuan(then)) } br; small { (words::difference(then - now)) } } }
                }
            } } }
        } }
    }
}

/// Why a claim is not as granted, in words.
fn why(visit: &Visit, why: Why) -> &'static str {
    match why {
        Why::Decided => visit.t(
            "当时没有照申报核准：待审核、调减或由人决定",
            "not granted as made: held, adjusted or decided by people",
        ),
        Why::Excess => visit.t("超出限额，但在离线额度以内，当时照付", "above a limit, but within the offline amount"),
        Why::Offline => visit.t(
            "断网时做的，款台不知道别处用了多少",
            "made without a line: the till did not know what was used elsewhere",
        ),
        Why::Balances => visit.t(
            "款台当时依据的已用额度与前面的申报加起来不同",
            "the till went by other balances than the claims before it make",
        ),
        Why::Groups => visit.t("商品分类后来改过", "a product's group changed since"),
        Why::Other => visit.t("其他：例如名册后来改过", "another, such as a roster that changed since"),
    }
}

/// Whether the versions that were in force come to what was granted.
fn check(visit: &Visit, outcome: &Outcome) -> Markup {
    let differing = outcome.claims - outcome.same;
    html! {
        section.card {
            h2 { (visit.t("核对：按当时在用的版本复算", "Check: priced again under the versions in force")) }
            p { (visit.lang.of(
                format!("{} 笔与核准的一致，{differing} 笔不同。“原来”各列用的是复算的数。", outcome.same),
                format!("{} claims come to what was granted, {differing} do not. The columns “now” are as priced again.", outcome.same))) }
            @if differing > 0 {
                div.scroll { table {
                    thead { tr { th scope="col" { (visit.t("为什么", "Why")) } th.number scope="col" { (visit.t("笔数", "Claims")) } th.number scope="col" { (visit.t("核准比复算多", "granted above")) } } }
                    tbody { @for (reason, (count, fen)) in &outcome.differing { tr {
                        td { (why(visit, *reason)) } td.number { (count) } td.number { (words::difference(*fen)) }
                    } } }
                } }
                details { summary { (visit.t("前 200 笔", "The first 200")) }
                    div.scroll { table {
                        thead { tr {
                            th scope="col" { (visit.t("营业日", "Date")) } th scope="col" { (visit.t("门店", "Store")) } th scope="col" { (visit.t("申报", "Claim")) } th scope="col" { (visit.t("为什么", "Why")) }
                            th.number scope="col" { (visit.t("核准申报", "Claim granted")) } th.number scope="col" { (visit.t("复算", "again")) } th.number scope="col" { (visit.t("核准优惠", "Discount granted")) } th.number scope="col" { (visit.t("复算", "again")) }
                        } }
                        tbody { @for d in &outcome.differences { tr {
                            td { (d.date) } td { (d.store) } td { a href={ "/console/claims/" (d.uuid) } { (d.uuid.chars().take(13).collect::<String>()) } } td { (why(visit, d.why)) }
                            @for fen in d.claim.iter().chain(&d.discount) { td.number { (words::yuan(*fen)) } }
                        } } }
                    } }
                }
            }
        }
    }
}

/// The same as a file.
pub async fn csv(State(hq): Shared, visit: Visit, At(id): At<i64>) -> Answer {
    visit.must(Place::WhatIf)?;
    blocking(move || {
        let job = hq.what_ifs.find(&visit.person.name, id);
        let Some((job, Stand::Done(outcome))) = job.map(|job| {
            let state = job.state();
            (job, state)
        }) else {
            return Err(Failure::Missing(Box::new(visit)));
        };
        let names = Names::read(&hq)?;
        audit(
            &hq.db().conn,
            &visit.person.name,
            "export what-if",
            &serde_json::json!({ "asked": super::said(&visit, &job.asked) }).to_string(),
        )?;
        let (now, then) = (visit.t("原来", "now"), visit.t("试算", "then"));
        let mut head = vec![visit.t("分组", "Cut").to_owned(), visit.t("项", "Row").into()];
        for name in [visit.t("笔数", "Claims"), visit.t("户数", "Households")].into_iter().chain(heads(&visit)) {
            head.extend([format!("{name} {now}"), format!("{name} {then}")]);
        }
        let mut sheet = Sheet::new(head.into_iter().map(|name| Column::new(name, Kind::Text)));
        for cut in Cut::ALL {
            for (key, [now, then]) in outcome.sums.of(cut) {
                let mut row: Vec<Value> = vec![title(&visit, cut).into(), names.of(&visit, cut, key).into()];
                let counts = [(now.claims, then.claims), (now.households, then.households)];
                row.extend(counts.iter().flat_map(|(now, then)| [Value::number(*now), Value::number(*then)]));
                let pairs = amounts(&now).into_iter().zip(amounts(&then));
                row.extend(pairs.flat_map(|(now, then)| [figure(now), figure(then)]));
                sheet.rows.push(row);
            }
        }
        Ok(files::sheet("what-if.csv", &sheet)?)
    })
    .await
}
