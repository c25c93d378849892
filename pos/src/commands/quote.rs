//! `jihui-till quote`: pricing.md on documents, without a till.

use std::io::{BufRead, BufReader, BufWriter, Read, Write};

use anyhow::{Context as _, Result};
use domain::quote::{quote, quote_case};
use serde_json::{Value, json};

use super::{print, read_input, wrong_input};

/// Prices one basket.
pub fn one(programmes: &str, basket: &str) -> Result<()> {
    if programmes == "-" && basket == "-" {
        return Err(wrong_input("standard input (`-`) can be one of the files, not both"));
    }
    let programmes = document(programmes)?;
    let basket = document(basket)?;
    let priced = quote(&programmes, &basket).map_err(|refused| wrong_input(refused.to_string()))?;
    print(&serde_json::to_string(&priced).context("the answer")?)
}

fn document(path: &str) -> Result<Value> {
    serde_json::from_slice(&read_input(path)?).map_err(|err| wrong_input(format!("{path}: not JSON: {err}")))
}

/// Prices newline-delimited cases; a bad line becomes an error and stops nothing.
pub fn cases(path: &str) -> Result<()> {
    let input: Box<dyn Read> = if path == "-" {
        Box::new(std::io::stdin().lock())
    } else {
        Box::new(std::fs::File::open(path).map_err(|err| wrong_input(format!("{path}: {err}")))?)
    };
    let mut output = BufWriter::new(std::io::stdout().lock());
    for line in BufReader::new(input).split(b'\n') {
        let line = line.context("reading the cases")?;
        serde_json::to_writer(&mut output, &case(&line)).context("writing an answer")?;
        output.write_all(b"\n").context("writing an answer")?;
    }
    output.flush().context("writing the answers")
}

fn case(line: &[u8]) -> Value {
    let answer = serde_json::from_slice::<Value>(line)
        .map_err(|err| format!("not JSON: {err}"))
        .and_then(|case| quote_case(&case).map_err(|refused| refused.to_string()))
        .and_then(|priced| serde_json::to_value(priced).map_err(|err| err.to_string()));
    answer.unwrap_or_else(|error| json!({ "error": error }))
}
