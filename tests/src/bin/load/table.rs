//! The table: what was measured, beside what, and whether it keeps its limit.

use std::io::Write as _;
use std::time::Duration;

/// Rows so far.
pub struct Table {
    rows: usize,
    beyond: Vec<String>,
}

/// What a figure may be at most.
#[derive(Clone, Copy)]
pub enum Limit {
    /// It is only told.
    None,
    /// So many hundredths of what stands beside it.
    Ratio(u128),
    /// So long.
    Time(Duration),
    /// So many hundredths of what stands beside it, and so long more.
    RatioAnd(u128, Duration),
}

impl Table {
    /// Prints the head.
    pub fn begin() -> Self {
        say("| what | ours | beside | ratio | limit | holds |");
        say("|---|---|---|---|---|---|");
        Self { rows: 0, beyond: Vec::new() }
    }

    /// A time beside the bare one.
    pub fn time(&mut self, name: &str, ours: Duration, bare: Duration, limit: Limit) {
        let hundredths = ours.as_nanos() * 100 / bare.as_nanos().max(1);
        let times = |hundredths: u128| format!("{}.{:02}", hundredths / 100, hundredths % 100);
        let (said, holds) = match limit {
            Limit::None => ("-".to_owned(), None),
            Limit::Ratio(most) => (times(most), Some(hundredths <= most)),
            Limit::Time(most) => (format!("{most:?}"), Some(ours <= most)),
            Limit::RatioAnd(most, more) => {
                let allowed = bare.as_nanos() * most / 100 + more.as_nanos();
                (format!("{} and {more:?}", times(most)), Some(ours.as_nanos() <= allowed))
            }
        };
        self.row(name, &format!("{ours:.2?}"), &format!("{bare:.2?}"), &times(hundredths), &said, holds);
    }

    /// Counts beside what they must be.
    pub fn count(&mut self, name: &str, ours: usize, wanted: usize) {
        let equal = Some(ours == wanted);
        self.row(name, &ours.to_string(), &wanted.to_string(), "-", &format!("= {wanted}"), equal);
    }

    /// Rates a second: ours is at least so many percent of the bare one.
    pub fn share(&mut self, name: &str, ours: u128, bare: u128, least: u128) {
        let percent = ours * 100 / bare.max(1);
        let rate = |n: u128| format!("{n}/s");
        let said = (format!("{percent} %"), format!(">= {least} %"));
        self.row(name, &rate(ours), &rate(bare), &said.0, &said.1, Some(percent >= least));
    }

    fn row(&mut self, name: &str, ours: &str, beside: &str, ratio: &str, limit: &str, holds: Option<bool>) {
        let word = match holds {
            None => "-",
            Some(true) => "yes",
            Some(false) => "NO",
        };
        self.rows += 1;
        if holds == Some(false) {
            self.beyond.push(name.to_owned());
        }
        say(&format!("| {name} | {ours} | {beside} | {ratio} | {limit} | {word} |"));
    }

    /// Says what did not hold.
    pub fn end(self) {
        match self.beyond.len() {
            0 => say(&format!("All limits hold ({} rows).", self.rows)),
            n => say(&format!("{n} of {} rows are beyond their limit: {}.", self.rows, self.beyond.join("; "))),
        }
    }
}

fn say(line: &str) {
    writeln!(std::io::stdout(), "{line}").unwrap();
}

/// What is no row: how it was measured, for whoever watches.
pub fn aside(line: &str) {
    writeln!(std::io::stderr(), "({line})").unwrap();
}
