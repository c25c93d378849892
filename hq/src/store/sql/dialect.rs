//! A statement as it is written for both databases, in `PostgreSQL`'s words: `?1` is `$1` there, and
//! `LIKE` is `ILIKE`, since SQLite's does not tell `a` from `A`.

/// A statement for `PostgreSQL`.
#[derive(Debug, PartialEq, Eq)]
pub struct Translated {
    /// The statement.
    pub text: String,
    /// The same without what a server cannot tell the type of: a value that is only asked whether it is
    /// there, as in `?1 IS NULL OR store = ?1`. Its types are those of the statement.
    pub typed_by: Option<String>,
}

enum Piece<'a> {
    Plain(&'a str),
    Like,
    /// The value of a number.
    Given(usize),
    /// The same, asked whether it is null.
    Asked(usize),
}

/// Translates a statement.
pub fn translate(sql: &str) -> Translated {
    let pieces = pieces(sql);
    let is_given = |n: usize| pieces.iter().any(|piece| matches!(piece, Piece::Given(m) if *m == n));
    let mut text = String::with_capacity(sql.len() + 16);
    let mut typed_by = String::with_capacity(sql.len() + 16);
    for piece in &pieces {
        let (said, typed) = match piece {
            Piece::Plain(plain) => ((*plain).to_owned(), None),
            Piece::Like => ("ILIKE".to_owned(), None),
            Piece::Given(n) => (format!("${n}"), None),
            Piece::Asked(n) if is_given(*n) => (format!("${n}"), Some("1")),
            Piece::Asked(n) => (format!("CAST(${n} AS TEXT)"), None),
        };
        typed_by.push_str(typed.unwrap_or(&said));
        text.push_str(&said);
    }
    Translated { typed_by: (typed_by != text).then_some(typed_by), text }
}

fn pieces(sql: &str) -> Vec<Piece<'_>> {
    let bytes = sql.as_bytes();
    let is_word = |i: usize| bytes.get(i).is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_' || *b >= 0x80);
    let mut pieces = Vec::new();
    let (mut from, mut at, mut highest) = (0, 0, 0);
    while at < bytes.len() {
        let end = match bytes[at] {
            quote @ (b'\'' | b'"') => {
                // A doubled quote ends one text and begins another: the same comes of it.
                at = bytes[at + 1..].iter().position(|b| *b == quote).map_or(bytes.len(), |n| at + n + 2);
                continue;
            }
            b'-' if bytes.get(at + 1) == Some(&b'-') => {
                at = bytes[at..].iter().position(|b| *b == b'\n').map_or(bytes.len(), |n| at + n);
                continue;
            }
            b'?' => at + 1 + bytes[at + 1..].iter().take_while(|b| b.is_ascii_digit()).count(),
            b'L' | b'l' if (at == 0 || !is_word(at - 1)) && !is_word(at + 4) && is_like(&bytes[at..]) => at + 4,
            _ => {
                at += 1;
                continue;
            }
        };
        pieces.push(Piece::Plain(&sql[from..at]));
        pieces.push(if bytes[at] == b'?' {
            let n = sql[at + 1..end].parse().unwrap_or(highest + 1);
            highest = highest.max(n);
            if is_asked(&sql[end..]) { Piece::Asked(n) } else { Piece::Given(n) }
        } else {
            Piece::Like
        });
        (from, at) = (end, end);
    }
    pieces.push(Piece::Plain(&sql[from..]));
    pieces
}

fn is_like(bytes: &[u8]) -> bool {
    bytes.get(..4).is_some_and(|word| word.eq_ignore_ascii_case(b"LIKE"))
}

/// Whether what follows asks for null.
fn is_asked(rest: &str) -> bool {
    let mut words = rest.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let is = |word: Option<&str>, wanted: &str| word.is_some_and(|word| word.eq_ignore_ascii_case(wanted));
    rest.starts_with(char::is_whitespace)
        && is(words.next(), "IS")
        && words.find(|word| !word.eq_ignore_ascii_case("NOT")).is_some_and(|word| word.eq_ignore_ascii_case("NULL"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(sql: &str) -> String {
        translate(sql).text
    }

    #[test]
    fn values_are_numbered_as_sqlite_numbers_them() {
        assert_eq!(said("a = ?2 AND b = ?1"), "a = $2 AND b = $1");
        assert_eq!(said("a = ? AND b = ?"), "a = $1 AND b = $2");
        assert_eq!(said("a = ?2 AND b = ?"), "a = $2 AND b = $3");
    }

    #[test]
    fn what_is_quoted_stays() {
        assert_eq!(
            said("a = 'it''s ?1 LIKE' AND \"like?\" = ?1 -- ?2"),
            "a = 'it''s ?1 LIKE' AND \"like?\" = $1 -- ?2"
        );
        assert_eq!(said(r"a LIKE ?1 ESCAPE '\' AND unlike = liked"), r"a ILIKE $1 ESCAPE '\' AND unlike = liked");
    }

    #[test]
    fn a_value_that_is_asked_for_has_the_type_of_its_use() {
        let both = translate("(?1 IS NULL OR a = ?1) AND (?2 IS NOT NULL OR b < ?2)");
        assert_eq!(both.text, "($1 IS NULL OR a = $1) AND ($2 IS NOT NULL OR b < $2)");
        assert_eq!(both.typed_by.as_deref(), Some("(1 IS NULL OR a = $1) AND (1 IS NOT NULL OR b < $2)"));
        let alone = translate("a = 1 OR ?1 IS NULL");
        assert_eq!((alone.text.as_str(), alone.typed_by), ("a = 1 OR CAST($1 AS TEXT) IS NULL", None));
    }
}
