//! Files that somebody made to hurt whoever opens them.

use rust_xlsxwriter::Workbook;
use sheets::{Column, Kind, Limits, Reading, Sheet, read};

#[test]
fn a_long_text_that_many_cells_of_a_workbook_name_is_counted_each_time() {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    let long = "x".repeat(30_000);
    for row in 0..2_000 {
        sheet.write_string(row, 0, "a").unwrap();
        sheet.write_string(row, 1, &long).unwrap();
    }
    let bytes = book.save_to_buffer().unwrap();
    assert!(bytes.len() < 100_000, "{}", bytes.len());
    let limits = Limits { text: 1 << 20, ..Limits::default() };
    let problem = read(&bytes, &Reading::new(&[]).limits(limits)).unwrap_err().to_string();
    assert!(problem.contains("bytes of text") && problem.starts_with("第 "), "{problem}");
}

#[test]
fn a_million_texts_of_nothing_are_refused() {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    zip.start_file("xl/sharedStrings.xml", options).unwrap();
    std::io::Write::write_all(&mut zip, "<si/>".repeat(200_000).as_bytes()).unwrap();
    let bytes = zip.finish().unwrap().into_inner();
    assert!(bytes.len() < 20_000, "{}", bytes.len());
    let limits = Limits { unzipped: 2 << 20, ..Limits::default() };
    let problem = read(&bytes, &Reading::new(&[]).limits(limits)).unwrap_err().to_string();
    assert!(problem.contains("when it is unzipped"), "{problem}");
}

#[test]
fn what_begins_like_a_formula_stays_a_text() {
    let texts = [
        "=1+1",
        "+1",
        "-cmd|' /C calc'!A0",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "＝1+1",
        " =1",
        "\"=1",
        "=HYPERLINK(\"http://x\")",
    ];
    let mut sheet = Sheet::new([Column::new("=head", Kind::Text)]);
    sheet.rows = texts.iter().map(|text| vec![(*text).into()]).collect();
    let csv = sheet.to_csv();
    for record in csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(csv.trim_start_matches('\u{feff}').as_bytes())
        .records()
    {
        let cell = record.unwrap()[0].to_owned();
        assert!(cell == "\"=1" || cell.starts_with('\''), "{cell:?}");
    }
    // A workbook says itself which cells are formulas: none is.
    let book = sheet.to_xlsx().unwrap();
    let mut zip = zip::ZipArchive::new(std::io::Cursor::new(book)).unwrap();
    let mut text = String::new();
    std::io::Read::read_to_string(&mut zip.by_name("xl/worksheets/sheet1.xml").unwrap(), &mut text).unwrap();
    assert!(!text.contains("<f>") && !text.contains("<f ") && !text.contains("hyperlink"), "{text}");
}
