//! How a bureau's file becomes ours: its column names, its words, and what it does not say.

use std::collections::BTreeMap;

use domain::lang::Lang;
use serde::{Deserialize, Serialize};

/// Our columns (spec/cli.md) in Chinese and English.
pub const COLUMNS: [(&str, &str, &str); 18] = [
    ("id_number", "身份证号", "ID number"),
    ("name", "姓名", "name"),
    ("relation", "与户主关系", "relation to head"),
    ("head_id_number", "户主身份证号", "head's ID number"),
    ("household", "户号", "household"),
    ("certificate", "低保证号", "certificate"),
    ("household_size", "保障人口", "persons covered"),
    ("category", "救助类别", "category"),
    ("district", "地区代码", "district code"),
    ("street", "住址", "address"),
    ("status", "状态", "status"),
    ("valid_from", "起始日", "first day"),
    ("valid_to", "有效期至", "last day"),
    ("card_number", "爱心卡号", "card number"),
    ("home_store", "常去门店", "home store"),
    ("proxy", "代办人", "proxy"),
    ("tags", "标签", "tags"),
    ("consent_on", "单独同意日期", "date of consent"),
];

/// The column of the head's number is a bureau's alone: our own files name the household.
const OURS_ALONE: usize = 17;

/// What bureaus usually call them.
const USUAL: [(&str, &str); 52] = [
    ("公民身份号码", "id_number"),
    ("公民身份证号码", "id_number"),
    ("身份证号码", "id_number"),
    ("身份证", "id_number"),
    ("证件号码", "id_number"),
    ("身份证件号码", "id_number"),
    ("成员身份证号", "id_number"),
    ("成员身份证号码", "id_number"),
    ("成员姓名", "name"),
    ("家庭成员姓名", "name"),
    ("救助对象姓名", "name"),
    ("保障对象姓名", "name"),
    ("关系", "relation"),
    ("家庭关系", "relation"),
    ("与申请人关系", "relation"),
    ("与户主的关系", "relation"),
    ("户主身份证号码", "head_id_number"),
    ("户主证件号码", "head_id_number"),
    ("户主公民身份号码", "head_id_number"),
    ("家庭编号", "household"),
    ("家庭编码", "household"),
    ("户编号", "household"),
    ("低保证编号", "certificate"),
    ("低保证号码", "certificate"),
    ("证号", "certificate"),
    ("救助证号", "certificate"),
    ("救助证编号", "certificate"),
    ("保障人数", "household_size"),
    ("家庭人口", "household_size"),
    ("家庭人口数", "household_size"),
    ("人口", "household_size"),
    ("人数", "household_size"),
    ("救助类型", "category"),
    ("保障类别", "category"),
    ("低保类别", "category"),
    ("对象类别", "category"),
    ("类别", "category"),
    ("区划代码", "district"),
    ("行政区划代码", "district"),
    ("行政区划", "district"),
    ("家庭住址", "street"),
    ("地址", "street"),
    ("街道", "street"),
    ("保障状态", "status"),
    ("救助状态", "status"),
    ("开始日期", "valid_from"),
    ("起始日期", "valid_from"),
    ("保障开始日期", "valid_from"),
    ("享受开始时间", "valid_from"),
    ("截止日期", "valid_to"),
    ("到期日期", "valid_to"),
    ("卡号", "card_number"),
];

/// What bureaus usually write: column, their word, ours.
const WORDS: [(&str, &str, &str); 37] = [
    ("relation", "户主", "head"),
    ("relation", "本人", "head"),
    ("relation", "申请人", "head"),
    ("relation", "配偶", "spouse"),
    ("relation", "妻", "spouse"),
    ("relation", "夫", "spouse"),
    ("relation", "妻子", "spouse"),
    ("relation", "丈夫", "spouse"),
    ("relation", "子", "child"),
    ("relation", "女", "child"),
    ("relation", "子女", "child"),
    ("relation", "儿子", "child"),
    ("relation", "女儿", "child"),
    ("relation", "长子", "child"),
    ("relation", "长女", "child"),
    ("relation", "次子", "child"),
    ("relation", "次女", "child"),
    ("relation", "三子", "child"),
    ("relation", "三女", "child"),
    ("relation", "独生子", "child"),
    ("relation", "独生女", "child"),
    ("relation", "父", "parent"),
    ("relation", "母", "parent"),
    ("relation", "父亲", "parent"),
    ("relation", "母亲", "parent"),
    ("relation", "父母", "parent"),
    ("relation", "孙子", "other"),
    ("relation", "孙女", "other"),
    ("relation", "其他", "other"),
    ("relation", "代办人", "other"),
    ("proxy", "是", "true"),
    ("proxy", "否", "false"),
    ("status", "正常", "active"),
    ("status", "正常享受", "active"),
    ("status", "停发", "ended"),
    ("status", "注销", "ended"),
    ("status", "暂停发放", "suspended"),
];

/// A saved mapping.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Mapping {
    /// Their column, ours.
    pub columns: BTreeMap<String, String>,
    /// Our column; their word, ours.
    pub words: BTreeMap<String, BTreeMap<String, String>>,
    /// Our column, and what it says in every row.
    pub fixed: BTreeMap<String, String>,
    /// Whether the household's name in the file is its own for good, so that it counts before
    /// certificate and head.
    pub by_name: bool,
    /// A file of our own columns: unknown ones are a mistake, and all of the required must be there.
    pub own: bool,
}

impl Mapping {
    /// Our own files.
    pub fn own() -> Self {
        let columns = COLUMNS.iter().filter(|(code, _, _)| *code != "head_id_number");
        let columns: BTreeMap<_, _> = columns.map(|(code, _, _)| ((*code).to_owned(), (*code).to_owned())).collect();
        debug_assert_eq!(columns.len(), OURS_ALONE);
        Self { columns, by_name: true, own: true, ..Self::default() }
    }

    /// What a file of these columns most likely means.
    pub fn guess(columns: &[String]) -> Self {
        let mut mapping = Self::default();
        let mut taken = std::collections::BTreeSet::new();
        for column in columns {
            let bare: String = column.chars().filter(|c| !c.is_whitespace()).collect();
            if let Some(ours) = meaning(&bare).filter(|ours| taken.insert(*ours)) {
                mapping.columns.insert(column.clone(), ours.to_owned());
            }
        }
        mapping.fixed.insert("status".into(), "active".into());
        mapping
    }

    /// Their name of a column of ours.
    pub fn theirs(&self, ours: &str) -> Option<&str> {
        self.columns.iter().find(|(_, known)| *known == ours).map(|(theirs, _)| theirs.as_str())
    }

    /// Their word as ours.
    pub fn word<'a>(&'a self, column: &str, text: &'a str) -> &'a str {
        let said = self.words.get(column).and_then(|words| words.get(text)).map(String::as_str);
        let usual = || WORDS.iter().find(|(c, theirs, _)| *c == column && *theirs == text).map(|(_, _, ours)| *ours);
        said.or_else(usual).unwrap_or(text)
    }

    /// What a file needs that this mapping does not give, in words.
    pub fn lacks(&self, lang: Lang) -> Vec<&'static str> {
        let has = |ours: &str| self.theirs(ours).is_some() || self.fixed.get(ours).is_some_and(|text| !text.is_empty());
        let mut lacks: Vec<_> = ["id_number", "name", "category", "district"]
            .into_iter()
            .filter(|ours| !has(ours))
            .map(|c| word(lang, c))
            .collect();
        if !["household", "certificate", "head_id_number"].into_iter().any(has) {
            lacks.push(lang.of("户号、低保证号或户主身份证号", "household, certificate or head's ID number"));
        }
        lacks
    }
}

/// Which column of ours somebody else's name means.
fn meaning(bare: &str) -> Option<&'static str> {
    let exact =
        COLUMNS.iter().find(|(code, zh, en)| *code == bare || *zh == bare || *en == bare).map(|(code, _, _)| *code);
    exact.or_else(|| USUAL.iter().find(|(theirs, _)| *theirs == bare).map(|(_, ours)| *ours))
}

/// All names by which a header is known.
pub fn usual_names() -> Vec<&'static str> {
    COLUMNS.iter().flat_map(|(code, zh, _)| [*code, *zh]).chain(USUAL.iter().map(|(theirs, _)| *theirs)).collect()
}

/// A column of ours for people.
pub fn word(lang: Lang, column: &str) -> &'static str {
    COLUMNS.iter().find(|(code, _, _)| *code == column).map_or("–", |(_, zh, en)| lang.of(*zh, *en))
}
