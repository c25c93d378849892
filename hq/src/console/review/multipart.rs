//! Forms with a file, as browsers send them (RFC 7578): a few fields, all in memory, bounded by the route.

use axum::http::{HeaderMap, header};

/// A field: its name, the file's name where it has one, its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Name.
    pub name: String,
    /// Name of the file.
    pub file: Option<String>,
    /// Content.
    pub bytes: Vec<u8>,
}

/// The fields of a form; none where it is no such form, or is cut off.
pub fn read(headers: &HeaderMap, body: &[u8]) -> Option<Vec<Field>> {
    let kind = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    let (kind, rest) = kind.split_once(';')?;
    let boundary = rest.trim().strip_prefix("boundary=")?.trim_matches('"');
    if !kind.trim().eq_ignore_ascii_case("multipart/form-data") || boundary.is_empty() || boundary.len() > 70 {
        return None;
    }
    let mark = format!("\r\n--{boundary}").into_bytes();
    // The first mark may stand without the line's end before it.
    let mut left = body.strip_prefix(mark.get(2..)?)?;
    let mut fields = Vec::new();
    loop {
        if left.starts_with(b"--") {
            return Some(fields);
        }
        left = left.strip_prefix(b"\r\n")?;
        let head_end = find(left, b"\r\n\r\n")?;
        let (head, rest) = (left.get(..head_end)?, left.get(head_end + 4..)?);
        let end = find(rest, &mark)?;
        fields.push(field(std::str::from_utf8(head).ok()?, rest.get(..end)?)?);
        left = rest.get(end + mark.len()..)?;
    }
}

fn field(head: &str, bytes: &[u8]) -> Option<Field> {
    let says = head.lines().find(|line| line.to_ascii_lowercase().starts_with("content-disposition:"))?;
    let value = |key: &str| {
        let start = says.find(&format!("{key}=\""))? + key.len() + 2;
        let text = says.get(start..)?;
        Some(text.get(..text.find('"')?)?.to_owned())
    };
    let name = value("; name")?;
    Some(Field { name, file: value("filename").filter(|file| !file.is_empty()), bytes: bytes.to_vec() })
}

fn find(hay: &[u8], needle: &[u8]) -> Option<usize> {
    hay.windows(needle.len()).position(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(kind: &str) -> HeaderMap {
        [(header::CONTENT_TYPE, kind.parse().expect("a header"))].into_iter().collect()
    }

    #[test]
    fn a_form_with_a_file_is_read_and_a_cut_one_is_not() {
        let body = b"--X\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\n\xe4\xb8\x8d\xe5\xaf\xb9\r\n\
            --X\r\nContent-Disposition: form-data; name=\"picture\"; filename=\"a.png\"\r\nContent-Type: image/png\r\n\r\n\x89PNG\r\n--Y\r\n--X--\r\n";
        let fields = read(&headers("multipart/form-data; boundary=X"), body).expect("a form");
        assert_eq!(fields.len(), 2);
        assert_eq!((fields[0].name.as_str(), fields[0].bytes.as_slice()), ("note", "不对".as_bytes()));
        assert_eq!(fields[1].file.as_deref(), Some("a.png"));
        assert_eq!(fields[1].bytes, b"\x89PNG\r\n--Y");
        assert_eq!(read(&headers("multipart/form-data; boundary=X"), &body[..body.len() - 8]), None);
        assert_eq!(read(&headers("application/json"), body), None);
        assert_eq!(read(&headers("multipart/form-data; boundary=Z"), body), None);
    }
}
