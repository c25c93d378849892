use chrono::NaiveDate;
use domain::money::Money;
use domain::quantity::{Percent, Quantity};
use sheets::{Column, Kind, Reading, Sheet, Value, read, to_xlsx};

/// A sheet with every kind of value.
pub fn sheet() -> Sheet {
    let columns = [
        ("门店", Kind::Text),
        ("日期", Kind::Date),
        ("金额", Kind::Amount),
        ("数量", Kind::Count),
        ("占比", Kind::Percent),
    ];
    let date = NaiveDate::from_ymd_opt(2026, 1, 31).unwrap();
    let row = |store: &str, fen: i128, milli: i128, percent: &str| {
        vec![
            store.into(),
            date.into(),
            Money::from_fen(fen).into(),
            Quantity::from_milli(milli).into(),
            Percent::parse(percent).unwrap().into(),
        ]
    };
    Sheet {
        title: "2026年1月 [结算]".into(),
        columns: columns.map(|(name, kind)| Column::new(name, kind)).into(),
        rows: vec![row("和平路店", 123_456, 12_000, "8"), row("=1+1", -7, 1_235, "91.75"), row("-12.00", 0, 0, "0")],
        totals: Some(vec!["合计".into(), Value::Empty, Money::from_fen(123_449).into(), Value::Empty, Value::Empty]),
        above: vec!["单位：民政局".into()],
        below: vec!["说明：含税".into()],
    }
}

#[test]
fn csv_opens_in_excel_and_holds_no_formula() {
    let lines = "\u{feff}\"单位：民政局\"\r\n\
        \"门店\",\"日期\",\"金额\",\"数量\",\"占比\"\r\n\
        \"和平路店\",\"2026-01-31\",\"1234.56\",\"12\",\"8%\"\r\n\
        \"'=1+1\",\"2026-01-31\",\"-0.07\",\"1.235\",\"91.75%\"\r\n\
        \"'-12.00\",\"2026-01-31\",\"0.00\",\"0\",\"0%\"\r\n\
        \"合计\",\"\",\"1234.49\",\"\",\"\"\r\n\
        \"说明：含税\"\r\n";
    assert_eq!(sheet().to_csv(), lines);
    let quoted = Sheet { rows: vec![vec!["@x\"y".into()]], ..Sheet::new([Column::new("a", Kind::Text)]) };
    assert_eq!(quoted.to_csv(), "\u{feff}\"a\"\r\n\"'@x\"\"y\"\r\n");
}

#[test]
fn a_workbook_comes_back_as_it_was_written() {
    let known = ["门店", "日期", "金额", "数量", "占比"];
    for bytes in [sheet().to_xlsx().unwrap(), to_xlsx(&[Sheet::default(), sheet()]).unwrap()] {
        let table = read(&bytes, &Reading::new(&known)).unwrap();
        assert_eq!((table.line, table.columns.as_slice()), (3, known.map(str::to_owned).as_slice()));
        let row = |place: usize| known.map(|column| table.rows[place].get(column).unwrap_or(""));
        assert_eq!(row(0), ["和平路店", "2026-01-31", "1234.56", "12", "0.08"]);
        assert_eq!(row(1), ["=1+1", "2026-01-31", "-0.07", "1.235", "0.9175"]);
        assert_eq!(row(2), ["-12.00", "2026-01-31", "0", "0", "0"]);
        assert_eq!(row(3), ["合计", "", "1234.49", "", ""]);
        assert_eq!(row(4), ["说明：含税", "", "", "", ""]);
        assert_eq!(read(&bytes, &Reading::new(&known).sheet("2026年1月 结算")).unwrap().rows.len(), 5);
    }
}

#[test]
fn long_numbers_stay_text() {
    let number = "110105194912310021";
    let sheet = Sheet {
        rows: vec![vec![number.into(), Money::from_fen(1_234_567_890_123_456).into()]],
        ..Sheet::new([Column::new("身份证号", Kind::Text), Column::new("金额", Kind::Amount)])
    };
    let table = read(&sheet.to_xlsx().unwrap(), &Reading::new(&["身份证号", "金额"])).unwrap();
    assert_eq!(table.rows[0].need("身份证号"), Ok(number));
    assert_eq!(table.rows[0].need("金额"), Ok("12345678901234.56"));
}
