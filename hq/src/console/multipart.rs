//! Forms with a file (RFC 7578), read from a body that is whole and bounded already.

use axum::http::{HeaderMap, header};

/// More fields than any form has.
const MOST_PARTS: usize = 256;
/// Longest boundary (RFC 2046).
const LONGEST_BOUNDARY: usize = 70;
/// Longest head of a part.
const LONGEST_HEAD: usize = 8 * 1024;

/// A part of a form.
#[derive(Debug, PartialEq, Eq)]
pub struct Part<'a> {
    /// Name of the field.
    pub name: String,
    /// Name of the file, where it is one.
    pub file: Option<String>,
    /// What it holds.
    pub bytes: &'a [u8],
}

impl Part<'_> {
    /// As text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(self.bytes).into_owned()
    }
}

/// The fields of a request; none at all where it is no such form.
pub fn fields<'a>(headers: &HeaderMap, body: &'a [u8]) -> Vec<Part<'a>> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    parts(kind, body).unwrap_or_default()
}

/// The parts of a body; none, where it is cut off or no form with a file.
pub fn parts<'a>(content_type: &str, body: &'a [u8]) -> Option<Vec<Part<'a>>> {
    let (kind, rest) = content_type.split_once(';')?;
    if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let boundary = rest.split(';').find_map(|piece| piece.trim().strip_prefix("boundary="))?.trim_matches('"');
    if boundary.is_empty() || boundary.len() > LONGEST_BOUNDARY {
        return None;
    }
    let line = format!("--{boundary}");
    let mut rest = body.strip_prefix(line.as_bytes())?;
    let between = format!("\r\n--{boundary}");
    let mut parts = Vec::new();
    loop {
        if rest.starts_with(b"--") {
            return Some(parts);
        }
        rest = rest.strip_prefix(b"\r\n")?;
        if parts.len() >= MOST_PARTS {
            return None;
        }
        let head_end = find(rest, b"\r\n\r\n").filter(|end| *end <= LONGEST_HEAD)?;
        let (head, content) = (std::str::from_utf8(&rest[..head_end]).ok()?, &rest[head_end + 4..]);
        let end = find(content, between.as_bytes())?;
        let disposition = head.lines().find(|line| line.to_ascii_lowercase().starts_with("content-disposition:"))?;
        parts.push(Part {
            name: attribute(disposition, "name")?,
            file: attribute(disposition, "filename"),
            bytes: &content[..end],
        });
        rest = &content[end + between.len()..];
    }
}

fn attribute(line: &str, name: &str) -> Option<String> {
    let wanted = format!("{name}=\"");
    let found = line.split("; ").find_map(|piece| piece.trim().strip_prefix(wanted.as_str()))?;
    // Browsers write a quote in a name as %22.
    Some(found.split('"').next()?.replace("%22", "\""))
}

fn find(text: &[u8], what: &[u8]) -> Option<usize> {
    let first = *what.first()?;
    let mut from = 0;
    while let Some(at) = text.get(from..)?.iter().position(|byte| *byte == first) {
        if text[from + at..].starts_with(what) {
            return Some(from + at);
        }
        from += at + 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const KIND: &str = "multipart/form-data; boundary=xyz";

    #[test]
    fn a_form_with_a_file_is_read() {
        let body = b"--xyz\r\nContent-Disposition: form-data; name=\"mapping\"\r\n\r\n\xE5\xB8\x82\r\n--xyz\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\nContent-Type: text/csv\r\n\r\n1\r\n--x\r\n2\r\n--xyz--\r\n";
        let parts = parts(KIND, body).unwrap();
        assert_eq!((parts[0].name.as_str(), parts[0].text().as_str(), &parts[0].file), ("mapping", "市", &None));
        assert_eq!((parts[1].file.as_deref(), parts[1].bytes), (Some("a.csv"), &b"1\r\n--x\r\n2"[..]));
    }

    #[test]
    fn what_is_cut_off_or_something_else_is_none() {
        let whole = b"--xyz\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--xyz--\r\n";
        assert_eq!(parts(KIND, whole).unwrap().len(), 1);
        for end in 0..whole.len() - 4 {
            assert_eq!(parts(KIND, &whole[..end]), None, "{end}");
        }
        assert_eq!(parts("application/x-www-form-urlencoded", whole), None);
        assert_eq!(parts("multipart/form-data", whole), None);
        assert_eq!(parts("multipart/form-data; boundary=", b"--\r\n"), None);
    }

    #[test]
    fn a_form_of_ten_thousand_fields_or_an_endless_head_is_none() {
        let of = |fields: usize, pad: usize| {
            let one = format!("Content-Disposition: form-data; name=\"a\"\r\nX: {}\r\n\r\n1\r\n--xyz", "y".repeat(pad));
            format!("--xyz\r\n{}--", vec![one; fields].join("\r\n"))
        };
        assert_eq!(parts(KIND, of(MOST_PARTS, 1).as_bytes()).map(|parts| parts.len()), Some(MOST_PARTS));
        assert_eq!(parts(KIND, of(10_000, 1).as_bytes()), None);
        assert_eq!(parts(KIND, of(1, LONGEST_HEAD).as_bytes()), None);
        let long = "a".repeat(LONGEST_BOUNDARY + 1);
        assert_eq!(parts(&format!("multipart/form-data; boundary={long}"), format!("--{long}--").as_bytes()), None);
    }
}
