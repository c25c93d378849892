use std::io::{Cursor, Write as _};

use domain::table::Table;
use rust_xlsxwriter::{Format, Workbook};
use sheets::{Limits, Problem, Reading, read};
use zip::write::SimpleFileOptions;

const KNOWN: [&str; 5] = ["姓名", "身份证号", "认定日期", "金额", "序号"];

fn known(bytes: &[u8]) -> Result<Table, Problem> {
    read(bytes, &Reading::new(&KNOWN))
}

fn cells<'a>(table: &'a Table, column: &str) -> Vec<(u64, &'a str, bool)> {
    let cell = |row: &'a domain::table::Row| row.cell(column).map(|cell| (row.line, cell.text.as_str(), cell.damaged));
    table.rows.iter().filter_map(cell).collect()
}

#[test]
fn csv_of_a_bureau_has_titles_above_and_sums_below() {
    let text = "惠民区救助对象名单,,\r\n\r\n单位：民政局,2026年,\r\n姓 名,身份证号,备注\r\n\r\n\r\n王明,11010519491231002X,\"一,二\"\r\n李红,1.10105E+17,\r\n合计,2,\r\n";
    let (gb, _, _) = encoding_rs::GB18030.encode(text);
    let mut wide = vec![0xFF, 0xFE];
    wide.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
    let marked = format!("\u{feff}{text}").into_bytes();
    for bytes in [text.as_bytes(), &gb, &wide, &marked] {
        let table = known(bytes).unwrap();
        assert_eq!(
            (table.line, table.columns.as_slice()),
            (4, ["姓名", "身份证号", "备注"].map(str::to_owned).as_slice())
        );
        assert_eq!(cells(&table, "姓名"), [(7, "王明", false), (8, "李红", false), (9, "合计", false)]);
        assert_eq!(cells(&table, "身份证号")[..2], [(7, "11010519491231002X", false), (8, "1.10105E+17", true)]);
        assert_eq!(cells(&table, "备注"), [(7, "一,二", false)]);
    }
    let tabs = text.replace("\"一,二\"", "一").replace(',', "\t");
    assert_eq!(known(tabs.as_bytes()).unwrap().rows.len(), 3);
}

#[test]
fn without_known_names_the_first_row_of_two_cells_is_the_header() {
    let table = read("标题\n\nbarcode,name\n6901,米\n".as_bytes(), &Reading::new(&[])).unwrap();
    assert_eq!((table.line, table.rows[0].line, table.rows[0].get("name")), (3, 4, Some("米")));
    // Names that nobody knows are found all the same, so that they can be named.
    let table = known("标题\na,b\n1,2\n".as_bytes()).unwrap();
    assert_eq!(table.check(&KNOWN, &[]).unwrap_err(), "line 2: unknown column `a`");
    assert_eq!(table.check(&["a", "b"], &["c"]).unwrap_err(), "line 2: column `c` is missing");
    // One column is a table too.
    assert_eq!(known("姓名\n王明\n".as_bytes()).unwrap().rows.len(), 1);
}

#[test]
fn what_is_wrong_is_named_with_its_place() {
    for (text, english, chinese) in [
        ("", "the file is empty", "文件是空的。"),
        ("姓名,身份证号\n王明,1,2\n", "line 2: 3 cells where the header has 2", "第 2 行：这一行有 3 格"),
        ("姓名,身份证号,金额\n王明,1\n", "line 2: 2 cells where the header has 3", "第 2 行：这一行有 2 格"),
        ("姓名,身份证号\n\"王\n明\",1\n", "line 2: 姓名: holds a line break", "第 2 行「姓名」：单元格里有换行"),
        ("姓名,金额,姓名\n", "line 1: 姓名: this column stands twice", "第 1 行「姓名」："),
        ("<html><table>", "the file is a web page", "这个文件其实是网页"),
        ("PK\u{3}\u{4}", "the workbook is damaged", "文件损坏"),
    ] {
        let problem = known(text.as_bytes()).unwrap_err();
        assert!(problem.english().starts_with(english), "{}", problem.english());
        assert!(problem.chinese().starts_with(chinese), "{}", problem.chinese());
    }
    assert!(known(b"\xFF\x80\xFF").unwrap_err().zh.contains("编码"));
    assert!(known(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1").unwrap_err().zh.contains("密码"));
}

fn book() -> Workbook {
    let mut book = Workbook::new();
    let cover = book.add_worksheet().set_name("说明").unwrap();
    cover.write(0, 0, "填表说明").unwrap().write(1, 0, "一").unwrap().write(1, 1, "逐行填写").unwrap();
    let hidden = book.add_worksheet().set_name("旧").unwrap().set_hidden(true);
    hidden.write_row(0, 0, KNOWN).unwrap().write(1, 0, "旧人").unwrap();
    let page = book.add_worksheet().set_name("名单").unwrap();
    page.merge_range(0, 0, 0, 4, "惠民区救助对象名单", &Format::new()).unwrap();
    page.write(1, 0, "单位：民政局").unwrap().write(1, 2, "2026年").unwrap();
    page.write_row(3, 0, KNOWN).unwrap();
    let day = Format::new().set_num_format("yyyy/m/d");
    page.write(4, 0, " 王明 ").unwrap().write(4, 1, "110105194912310021").unwrap();
    page.write_with_format(4, 2, 46_053, &day).unwrap().write(4, 3, 33.900_000_000_000_006).unwrap();
    page.write(6, 0, "李红")
        .unwrap()
        .write(6, 1, 110_105_194_912_310_021_i64.to_string().parse::<f64>().unwrap())
        .unwrap();
    page.write_with_format(6, 2, 46_053.5, &day).unwrap().write(6, 3, -0.07).unwrap();
    page.write(7, 1, 6_901_234_567_892_i64.to_string().parse::<f64>().unwrap()).unwrap();
    // A cell in the farthest corner costs nothing.
    page.write(1_048_575, 16_383, "x").unwrap();
    book.add_worksheet().set_name("第二张").unwrap().write_row(0, 0, KNOWN).unwrap().write(1, 0, "赵四").unwrap();
    book
}

#[test]
fn a_workbook_gives_its_first_table_or_the_named_one() {
    let bytes = book().save_to_buffer().unwrap();
    let table = known(&bytes).unwrap();
    assert_eq!((table.line, table.columns.len()), (4, 5));
    assert_eq!(cells(&table, "姓名"), [(5, "王明", false), (7, "李红", false)]);
    let numbers = cells(&table, "身份证号");
    assert_eq!(numbers[0], (5, "110105194912310021", false));
    assert!(numbers[1].2 && numbers[1].1.starts_with("110105194912310"), "{numbers:?}");
    assert_eq!(numbers[2], (8, "6901234567892", false));
    assert_eq!(cells(&table, "认定日期"), [(5, "2026-01-31", false), (7, "2026-01-31 12:00:00", false)]);
    assert_eq!(cells(&table, "金额"), [(5, "33.9", false), (7, "-0.07", false)]);

    let named = |name| read(&bytes, &Reading::new(&KNOWN).sheet(name));
    assert_eq!(named("第二张").unwrap().rows[0].get("姓名"), Some("赵四"));
    assert_eq!(named("旧").unwrap().rows[0].get("姓名"), Some("旧人"));
    assert!(named("没有").unwrap_err().zh.contains("有的是：说明、旧、名单、第二张"));
}

#[test]
fn an_old_workbook_is_read_alike() {
    let table = known(include_bytes!("../data/roster.xls")).unwrap();
    assert_eq!(table.line, 4);
    assert_eq!(cells(&table, "姓名"), [(5, "王明", false), (7, "李红", false)]);
    let numbers = cells(&table, "身份证号");
    assert_eq!(numbers[0], (5, "11010519491231002X", false));
    assert!(numbers[1].2, "{numbers:?}");
    assert_eq!(cells(&table, "认定日期"), [(5, "2026-01-31", false), (7, "2026-02-01", false)]);
    assert_eq!(cells(&table, "金额"), [(5, "0.3", false), (7, "120", false)]);
    assert_eq!(cells(&table, "序号"), [(5, "1", false), (7, "2", false)]);
}

#[test]
fn what_is_too_large_is_refused() {
    let bytes = book().save_to_buffer().unwrap();
    let with = |limits| read(&bytes, &Reading::new(&KNOWN).limits(limits)).unwrap_err();
    let limits = Limits::default();
    assert!(with(Limits { bytes: 100, ..limits }).en.contains("more than 100 bytes"));
    assert!(with(Limits { unzipped: 1000, ..limits }).en.contains("more than 1000 bytes when it is unzipped"));
    let rows = with(Limits { rows: 1, ..limits });
    assert!(rows.en.contains("more than 1 rows") && rows.line == Some(7), "{rows}");
    assert!(with(Limits { columns: 4, ..limits }).en.contains("more than 4 columns"));
    let csv = read(b"a,b\n1,2\n3,4\n", &Reading::new(&[]).limits(Limits { rows: 1, ..limits })).unwrap_err();
    assert_eq!(csv.line, Some(3));
}

#[test]
fn a_zip_that_lies_about_its_size_is_refused() {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file("xl/workbook.xml", SimpleFileOptions::default()).unwrap();
    zip.write_all(&vec![b' '; 1 << 20]).unwrap();
    let mut bytes = zip.finish().unwrap().into_inner();
    let limits = Limits { unzipped: 100_000, ..Limits::default() };
    let refused = |bytes: &[u8]| read(bytes, &Reading::new(&KNOWN).limits(limits)).unwrap_err();
    assert!(refused(&bytes).en.contains("when it is unzipped"));
    // The stated size, in the part's own head and in the directory, becomes 16 bytes.
    let size = (1_u32 << 20).to_le_bytes();
    let places: Vec<usize> = (0..bytes.len() - 4).filter(|at| bytes[*at..*at + 4] == size).collect();
    assert!(!places.is_empty());
    for at in places {
        bytes[at..at + 4].copy_from_slice(&16_u32.to_le_bytes());
    }
    let problem = refused(&bytes);
    assert!(problem.en.contains("when it is unzipped") || problem.en.contains("damaged"), "{problem}");
}
