//! CSV that Excel opens: UTF-8 with its mark, and no words that are taken for a formula.

use crate::sheet::{Sheet, Value};

impl Sheet {
    /// Notes, header, rows, totals, notes.
    pub fn to_csv(&self) -> String {
        let mut text = String::from("\u{feff}");
        let note = |note: &String| vec![Value::from(note.as_str())];
        let head = self.columns.iter().map(|column| column.name.as_str().into()).collect();
        let above = self.above.iter().map(note).chain([head]);
        for row in above {
            line(&mut text, &row);
        }
        for row in self.rows.iter().chain(&self.totals) {
            line(&mut text, row);
        }
        for row in self.below.iter().map(note) {
            line(&mut text, &row);
        }
        text
    }
}

/// Spreadsheet programs overlook blanks before a formula, and some read full-width signs as narrow ones.
fn is_formula(cell: &str) -> bool {
    let begins = cell.trim_start_matches(' ');
    begins.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'])
}

fn line(text: &mut String, row: &[Value]) {
    for (place, value) in row.iter().enumerate() {
        let cell = value.plain();
        let is_formula = matches!(value, Value::Text(_)) && is_formula(&cell);
        text.push_str(if place > 0 { ",\"" } else { "\"" });
        text.push_str(if is_formula { "'" } else { "" });
        text.push_str(&cell.replace('"', "\"\""));
        text.push('"');
    }
    text.push_str("\r\n");
}
