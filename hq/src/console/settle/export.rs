//! A statement as PDF, XLSX and CSV, and the claims in it.

use axum::extract::{Path, State};
use domain::lang::Lang;
use domain::money::Money;
use sheets::pdf::{Block, Document, Paper};
use sheets::{Column, Kind, Sheet};

use super::seen;
use crate::console::files;
use crate::console::{Answer, Failure, Shared, Visit, blocking, words};
use crate::service::access::Place;
use crate::service::settle::statement::{Equation, Statement, whole_claims};
use crate::store::settle as rows;
use crate::store::{audit, claims};

/// The statement as a file: `statement.pdf`, `statement.xlsx` or `statement.csv`.
pub async fn statement(State(hq): Shared, visit: Visit, Path((number, file)): Path<(String, String)>) -> Answer {
    visit.must(Place::Settlement)?;
    blocking(move || {
        let batch = seen(&hq, &visit, &number)?;
        let Some(statement) = Statement::read(&hq.reading().conn, &number)? else {
            return Err(Failure::Missing(Box::new(visit)));
        };
        let name = format!("{}.{}", batch.number, file.rsplit('.').next().unwrap_or_default());
        let answer = match file.as_str() {
            "statement.csv" | "statement.xlsx" => files::sheet(&name, &statement.sheet(visit.lang))?,
            "statement.pdf" => files::pdf(&name, &document(&statement, visit.lang))?,
            _ => return Err(Failure::Missing(Box::new(visit))),
        };
        audit(&hq.db().conn, &visit.person.name, "export statement", &serde_json::json!({ "file": name }).to_string())?;
        Ok(answer)
    })
    .await
}

fn document(statement: &Statement, lang: Lang) -> Document {
    let mut table = statement.sheet(lang);
    let title = std::mem::take(&mut table.title);
    (table.above, table.below) = (Vec::new(), Vec::new());
    // What is still empty is filled in by hand.
    let pairs = statement.facts(lang).into_iter();
    let equations = [statement.claims_equation(lang), statement.money_equation(lang)];
    let mut blocks = vec![
        Block::Title(title.clone()),
        Block::Pairs { columns: 3, pairs: pairs.map(|(name, value)| (name.to_owned(), value)).collect() },
        Block::Table(table),
    ];
    blocks.extend(equations.iter().map(|e: &Equation| Block::Paragraph(format!("{}：{}", e.title, e.line()))));
    let hands = statement.hands(lang).into_iter();
    blocks.push(Block::Signatures(hands.map(|(name, who)| format!("{name} {who}").trim_end().to_owned()).collect()));
    Document { title, paper: Paper::Landscape, lang, blocks, small_print: whole_claims(lang).into() }
}

/// The claims of a batch, one line for each programme.
pub async fn lines(State(hq): Shared, visit: Visit, Path(number): Path<String>) -> Answer {
    visit.must(Place::Settlement)?;
    blocking(move || {
        let batch = seen(&hq, &visit, &number)?;
        let columns = [
            (visit.t("营业日", "Date"), Kind::Text),
            (visit.t("小票号", "Receipt"), Kind::Text),
            (visit.t("项目", "Programme"), Kind::Text),
            (visit.t("资金", "Fund"), Kind::Text),
            (visit.t("原来", "Before"), Kind::Text),
            (visit.t("现在", "Now"), Kind::Text),
            (visit.t("申报", "Claimed"), Kind::Amount),
            (visit.t("核准", "Granted"), Kind::Amount),
            (visit.t("扣除退货后", "Less returns"), Kind::Amount),
            (visit.t("以前已结", "Settled before"), Kind::Amount),
            (visit.t("编号", "Id"), Kind::Text),
        ];
        let mut sheet = Sheet::new(columns.map(|(name, kind)| Column::new(name, kind)));
        let db = hq.reading();
        for line in rows::lines(&db.conn, batch.id)? {
            let Some(claim) = claims::by_id(&db.conn, line.claim)? else { continue };
            let yuan = |fen: i64| sheets::Value::from(Money::from_fen(fen.into()));
            sheet.rows.push(vec![
                claim.business_date.unwrap_or_default().into(),
                claim.sale.unwrap_or_default().into(),
                line.programme.into(),
                line.fund.into(),
                standing(&visit, &line.was).into(),
                standing(&visit, &line.standing).into(),
                yuan(line.asked),
                yuan(line.granted),
                yuan(line.net),
                yuan(line.before),
                claim.uuid.into(),
            ]);
        }
        drop(db);
        audit(
            &hq.db().conn,
            &visit.person.name,
            "export batch claims",
            &serde_json::json!({ "batch": number }).to_string(),
        )?;
        Ok(files::sheet(&format!("{number}-claims.csv"), &sheet)?)
    })
    .await
}

fn standing<'a>(visit: &Visit, code: &'a str) -> &'a str {
    match code {
        "" => visit.t("新", "new"),
        "settled" => visit.t("已结", "settled"),
        other => words::state(visit.lang, other),
    }
}
