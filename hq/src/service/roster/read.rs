//! Reading a roster file: every row is checked, and every bad one named with its line and reason.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use domain::household::{RosterEntry, Status, parse_category};
use domain::id::identifier;
use domain::resident::{CardNumber, IdNumber, half_width, mask_name};
use domain::table::{Row, Table};
use domain::time::parse_date;
use serde::{Deserialize, Serialize};
use sheets::{Limits, Reading};

use super::entry::{Private, district};
use super::mapping::{Mapping, usual_names};

/// Most rows of a file.
pub const MOST_ROWS: usize = 200_000;
/// Most bytes of a file.
pub const MOST_BYTES: usize = 32 << 20;
/// So many bad rows are named; nobody corrects more at a time.
const MOST_BAD: usize = 500;
const REQUIRED: [&str; 7] = ["id_number", "name", "household_size", "category", "district", "status", "valid_from"];

/// A row that cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bad {
    /// Line in the file; none: the file itself.
    pub line: Option<u64>,
    /// Masked name of whose row it is.
    pub who: String,
    /// Why, in Chinese.
    pub zh: String,
    /// Why, in English.
    pub en: String,
}

impl Bad {
    /// Of the file.
    pub fn of_file(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { line: None, who: String::new(), zh: zh.into(), en: en.into() }
    }

    /// As the command line says it.
    pub fn english(&self) -> String {
        self.line.map_or_else(|| self.en.clone(), |line| format!("line {line}: {}", self.en))
    }
}

/// A row of a file, checked.
pub struct Wanted {
    /// Line in the file.
    pub line: u64,
    /// Whose row it is.
    pub number: IdNumber,
    /// Card that opens it.
    pub card: Option<CardNumber>,
    /// By what the rows of a household stand together in the file, and are known again.
    pub household: String,
    /// 低保证号
    pub certificate: Option<String>,
    /// `head`, …
    pub relation: String,
    /// The entry without its opaque ids.
    pub entry: RosterEntry,
    /// What only headquarters keeps.
    pub private: Private,
}

/// A file that was read.
pub struct File {
    /// Its rows.
    pub rows: Vec<Wanted>,
    /// What people should look at.
    pub warnings: Vec<String>,
    /// Our columns that it says something of; others stay as they are.
    pub says: BTreeSet<String>,
    /// Whether households are known by its names first.
    pub by_name: bool,
}

/// The table of a file, its header found by any name that is known.
pub fn table(bytes: &[u8], mapping: Option<&Mapping>) -> Result<Table, Bad> {
    let mut known: Vec<&str> = mapping.iter().flat_map(|m| m.columns.keys().map(String::as_str)).collect();
    if mapping.is_none() {
        known = usual_names();
    }
    let own = mapping.is_some_and(|m| m.own);
    let limits = if own {
        Limits::default()
    } else {
        Limits { bytes: MOST_BYTES, rows: MOST_ROWS, unzipped: 256 << 20, ..Limits::default() }
    };
    sheets::read(bytes, &Reading::new(&known).limits(limits)).map_err(|problem| {
        let column = problem.column.as_ref();
        let zh = column.map_or_else(|| problem.zh.clone(), |c| format!("「{c}」{}", problem.zh));
        let en = column.map_or_else(|| problem.en.clone(), |c| format!("{c}: {}", problem.en));
        Bad { line: problem.line, who: String::new(), zh, en }
    })
}

/// Reads and checks a file without a database.
pub fn read(bytes: &[u8], mapping: &Mapping, today: NaiveDate) -> Result<File, Vec<Bad>> {
    let table = table(bytes, Some(mapping)).map_err(|bad| vec![bad])?;
    let codes: Vec<&str> = mapping.columns.keys().map(String::as_str).collect();
    if mapping.own {
        let bad = |text: String| vec![Bad::of_file(format!("表头不对：{text}"), text)];
        table.check(&codes, &REQUIRED).map_err(bad)?;
    } else if let Some(lost) = codes.iter().find(|code| !table.columns.iter().any(|c| c == *code)) {
        let zh = format!("文件里没有「{lost}」这一列，请检查对照表");
        return Err(vec![Bad::of_file(zh, format!("the file has no column `{lost}`: look at the mapping"))]);
    }
    let says =
        mapping.columns.iter().filter(|(theirs, _)| table.columns.contains(theirs)).map(|(_, ours)| ours.clone());
    let says: BTreeSet<String> = says.chain(mapping.fixed.keys().cloned()).collect();
    let parsed = super::work::spread(&table.rows, &|row| one(&View { row, mapping }, today));
    let mut file =
        File { rows: Vec::with_capacity(table.rows.len()), warnings: Vec::new(), says, by_name: mapping.by_name };
    let mut bad = Vec::new();
    let mut seen = BTreeSet::new();
    let mut firsts: BTreeMap<String, usize> = BTreeMap::new();
    for (row, parsed) in table.rows.iter().zip(parsed) {
        let name = mapping.theirs("name").and_then(|column| row.get(column)).map(mask_name).unwrap_or_default();
        let named = |fault: Fault| Bad { line: Some(row.line), who: name, zh: fault.zh, en: fault.en };
        match parsed.and_then(|one| together(&file, &mut seen, &firsts, one)) {
            Err(fault) => bad.push(named(fault)),
            Ok(one) => {
                if one.card.as_ref().is_some_and(|card| !card.is_strong()) {
                    file.warnings.push(format!(
                        "line {}: the card number is short or has no check digit, so it could be guessed",
                        row.line
                    ));
                }
                firsts.entry(one.household.clone()).or_insert(file.rows.len());
                file.rows.push(one);
            }
        }
        if bad.len() >= MOST_BAD {
            break;
        }
    }
    if !bad.is_empty() {
        return Err(bad);
    }
    count_persons(&mut file);
    Ok(file)
}

/// Why a row cannot be taken.
struct Fault {
    zh: String,
    en: String,
}

fn fault(zh: impl Into<String>, en: impl Into<String>) -> Fault {
    Fault { zh: zh.into(), en: en.into() }
}

/// A row by our columns.
struct View<'a> {
    row: &'a Row,
    mapping: &'a Mapping,
}

impl View<'_> {
    /// Text of a column of ours, in our words.
    fn get(&self, ours: &str) -> Result<Option<&str>, Fault> {
        let theirs = self.mapping.theirs(ours);
        let cell = theirs.and_then(|column| self.row.cell(column).map(|cell| (column, cell)));
        match cell {
            Some((column, cell)) if cell.damaged => Err(fault(
                format!(
                    "「{column}」被表格软件改坏了（长数字变成了科学记数或末尾变 0），请把这一列设为文本，按原件重新录入"
                ),
                format!(
                    "{column}: a spreadsheet program did not keep this long number: format the column as text and enter it again"
                ),
            )),
            Some((_, cell)) => Ok(Some(self.mapping.word(ours, &cell.text))),
            None => Ok(self.mapping.fixed.get(ours).map(String::as_str).filter(|text| !text.is_empty())),
        }
    }

    fn need(&self, ours: &'static str) -> Result<&str, Fault> {
        self.get(ours)?
            .ok_or_else(|| fault(format!("「{}」是空的", self.label(ours)), format!("`{}` is empty", self.label(ours))))
    }

    fn label(&self, ours: &str) -> String {
        self.mapping.theirs(ours).unwrap_or(ours).to_owned()
    }

    fn parse<T>(&self, ours: &'static str, parse: impl FnOnce(&str) -> Result<T, String>) -> Result<Option<T>, Fault> {
        self.get(ours)?.map(|text| parse(text).map_err(|en| self.wrong(ours, &en))).transpose()
    }

    fn needed<T>(&self, ours: &'static str, parse: impl FnOnce(&str) -> Result<T, String>) -> Result<T, Fault> {
        parse(self.need(ours)?).map_err(|en| self.wrong(ours, &en))
    }

    fn date(&self, ours: &'static str) -> Result<Option<NaiveDate>, Fault> {
        self.parse(ours, |text| if self.mapping.own { parse_date(text) } else { loose_date(text) })
    }

    fn wrong(&self, ours: &str, en: &str) -> Fault {
        let why = match ours {
            "id_number" | "head_id_number" => "要 18 位，生日和校验位也要对，请核对证件",
            "household_size" => "要 1 到 99 的整数",
            "category" => "不认识这个类别，请在对照里写明它是哪一类",
            "status" => "不认识这个状态，请在对照里写明",
            "relation" => "不认识这个关系，请在对照里写明",
            "district" => "要 2 到 12 位地区代码，例如 370811",
            "valid_from" | "valid_to" | "consent_on" => "不是日期，例如 2026-01-31",
            "card_number" => "卡号要 4 到 32 位字母和数字",
            "proxy" => "要写 是 或 否",
            _ => "只能用字母和数字",
        };
        let label = self.label(ours);
        fault(format!("「{label}」{why}"), format!("{label}: {en}"))
    }
}

fn one(view: &View<'_>, today: NaiveDate) -> Result<Wanted, Fault> {
    let certificate = view.get("certificate")?;
    let head = view.parse("head_id_number", IdNumber::parse)?;
    let household = match (view.get("household")?, certificate, &head) {
        (Some(name), _, _) | (None, Some(name), _) => name.to_owned(),
        (None, None, Some(head)) => format!("head:{}", head.secret()),
        (None, None, None) => return Err(fault("既没有户号，也没有低保证号", "has neither household nor certificate")),
    };
    let relation = view.parse("relation", relation)?;
    let number = view.needed("id_number", IdNumber::parse)?;
    let heads_it = head.as_ref().is_none_or(|head| head.secret() == number.secret());
    let relation = relation.unwrap_or(if heads_it { "head" } else { "other" });
    let (valid_from, valid_to) = (view.date("valid_from")?, view.date("valid_to")?);
    if valid_from.is_none() && view.mapping.own {
        view.need("valid_from")?;
    }
    let valid_from = valid_from.unwrap_or(today);
    if valid_to.is_some_and(|last| last < valid_from) {
        return Err(fault("有效期至早于起始日", "valid_to is before valid_from"));
    }
    let size = match view.parse("household_size", persons)? {
        None if view.mapping.own => view.needed("household_size", persons)?,
        size => size.unwrap_or(0),
    };
    let name = view.need("name")?;
    let card = view.parse("card_number", CardNumber::parse)?;
    let tags = view.parse("tags", |text| {
        text.split(';').map(str::trim).filter(|tag| !tag.is_empty()).map(identifier).collect::<Result<Vec<_>, _>>()
    })?;
    let entry = RosterEntry {
        household: String::new(),
        person: String::new(),
        size,
        category: view.needed("category", parse_category)?,
        district: view.needed("district", district)?,
        tags: tags.unwrap_or_default(),
        home_store: view.parse("home_store", identifier)?,
        name: mask_name(name),
        status: view.needed("status", Status::parse)?,
        valid_from,
        valid_to,
        proxy: view.parse("proxy", truth)?.unwrap_or(false),
    };
    let private = Private {
        name: name.to_owned(),
        certificate: certificate.map(Into::into),
        street: view.get("street")?.map(Into::into),
        consent_on: view.date("consent_on")?,
        card_number: card.as_ref().map(|card| card.secret().to_owned()),
        authority_on: None,
    };
    let certificate = certificate.map(Into::into);
    Ok(Wanted { line: view.row.line, number, card, household, certificate, relation: relation.into(), entry, private })
}

/// A row beside the rows before it.
fn together(
    file: &File,
    seen: &mut BTreeSet<(String, String)>,
    firsts: &BTreeMap<String, usize>,
    one: Wanted,
) -> Result<Wanted, Fault> {
    if !seen.insert((one.number.secret().to_owned(), one.household.clone())) {
        return Err(fault("同一户的同一个人前面已经有一行", "the same person and household stand on an earlier line"));
    }
    if let Some(first) = firsts.get(&one.household).and_then(|first| file.rows.get(*first)) {
        agree(first, &one)?;
    }
    Ok(one)
}

/// Rows of one household agree in what belongs to the household.
fn agree(first: &Wanted, other: &Wanted) -> Result<(), Fault> {
    let (a, b) = (&first.entry, &other.entry);
    let (zh, en) = if a.size != b.size {
        ("人口", "household_size")
    } else if a.category != b.category {
        ("类别", "category")
    } else if a.district != b.district {
        ("地区", "district")
    } else if a.home_store != b.home_store {
        ("常去门店", "home_store")
    } else {
        return Ok(());
    };
    let line = first.line;
    Err(fault(
        format!("{zh}和同一户的第 {line} 行不一样"),
        format!("{en} differs from line {line} of the same household"),
    ))
}

/// A file that does not say how many a household has lists them.
fn count_persons(file: &mut File) {
    let mut counts: BTreeMap<String, u32> = BTreeMap::new();
    for one in file.rows.iter().filter(|one| one.entry.size == 0 && !one.entry.proxy) {
        *counts.entry(one.household.clone()).or_default() += 1;
    }
    for one in file.rows.iter_mut().filter(|one| one.entry.size == 0) {
        one.entry.size = counts.get(&one.household).copied().unwrap_or(1).clamp(1, 99);
    }
}

fn relation(text: &str) -> Result<&'static str, String> {
    let known = ["head", "spouse", "child", "parent", "other"].into_iter().find(|known| *known == text);
    known.ok_or_else(|| format!("`{text}` is not one of head, spouse, child, parent, other"))
}

fn persons(text: &str) -> Result<u32, String> {
    text.parse().ok().filter(|n| (1..=99).contains(n)).ok_or_else(|| format!("`{text}` is not 1 to 99"))
}

fn truth(text: &str) -> Result<bool, String> {
    match text {
        "true" => Ok(true),
        "false" => Ok(false),
        other => Err(format!("`{other}` is neither true nor false")),
    }
}

/// A date as people write it: 2026-01-31, 2026/1/31, 2026.1.31, 2026年1月31日, 20260131.
fn loose_date(text: &str) -> Result<NaiveDate, String> {
    let text = half_width(text);
    let day = text.split_whitespace().next().unwrap_or_default().trim_end_matches('日');
    let day = day.replace(['/', '.', '年', '月'], "-");
    let parts: Vec<&str> = day.split('-').collect();
    let date = match parts.as_slice() {
        [whole] if whole.len() == 8 => NaiveDate::parse_from_str(whole, "%Y%m%d").ok(),
        [year, month, day] if year.len() == 4 => match (year.parse(), month.parse(), day.parse()) {
            (Ok(year), Ok(month), Ok(day)) => NaiveDate::from_ymd_opt(year, month, day),
            _ => None,
        },
        _ => None,
    };
    date.ok_or_else(|| "is not a date (2026-11-24)".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_as_people_write_them() {
        let day = NaiveDate::from_ymd_opt(2026, 1, 31).unwrap();
        for text in [
            "2026-01-31",
            "2026/1/31",
            "2026.1.31",
            "2026年1月31日",
            "20260131",
            "2026-01-31 00:00:00",
            "２０２６-1-31",
        ] {
            assert_eq!(loose_date(text), Ok(day), "{text}");
        }
        for text in ["31.1.2026", "2026-02-30", "长期", "", "2026"] {
            assert!(loose_date(text).is_err(), "{text}");
        }
    }
}
