//! Values on their way to `PostgreSQL` and back, by the type that the server wants or gives.

use postgres::types::private::BytesMut;
use postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};

use super::Value;

type Problem = Box<dyn std::error::Error + Sync + Send>;

/// `PostgreSQL` has no zero character: this one stands for it.
const NO_ZERO: &str = "\u{fffd}";

/// Text as `PostgreSQL` can keep it.
pub fn without_zero(text: &str) -> std::borrow::Cow<'_, str> {
    if text.contains('\0') { text.replace('\0', NO_ZERO).into() } else { text.into() }
}

fn is_text(ty: &Type) -> bool {
    [Type::TEXT, Type::VARCHAR, Type::NAME, Type::BPCHAR, Type::UNKNOWN].contains(ty)
}

impl ToSql for Value {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Problem> {
        match self {
            Self::Null => return Ok(IsNull::Yes),
            Self::Int(n) => match *ty {
                Type::INT8 => out.extend_from_slice(&n.to_be_bytes()),
                Type::INT4 => out.extend_from_slice(&i32::try_from(*n)?.to_be_bytes()),
                Type::INT2 => out.extend_from_slice(&i16::try_from(*n)?.to_be_bytes()),
                Type::BOOL => out.extend_from_slice(&[u8::from(*n != 0)]),
                // As SQLite does with a number in a column of text.
                _ if is_text(ty) => out.extend_from_slice(n.to_string().as_bytes()),
                _ => return Err(format!("a whole number where the database wants {ty}").into()),
            },
            Self::Text(text) if is_text(ty) => out.extend_from_slice(without_zero(text).as_bytes()),
            Self::Text(text) if *ty == Type::INT8 || *ty == Type::INT4 => {
                return Self::Int(text.trim().parse()?).to_sql(ty, out);
            }
            Self::Blob(bytes) if *ty == Type::BYTEA => out.extend_from_slice(bytes),
            Self::Text(_) => return Err(format!("text where the database wants {ty}").into()),
            Self::Blob(_) => return Err(format!("bytes where the database wants {ty}").into()),
        }
        Ok(IsNull::No)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

impl<'a> FromSql<'a> for Value {
    fn from_sql(ty: &Type, raw: &'a [u8]) -> Result<Self, Problem> {
        Ok(match *ty {
            Type::INT8 => Self::Int(i64::from_be_bytes(raw.try_into()?)),
            Type::INT4 => Self::Int(i32::from_be_bytes(raw.try_into()?).into()),
            Type::INT2 => Self::Int(i16::from_be_bytes(raw.try_into()?).into()),
            Type::BOOL => Self::Int(raw.first().copied().unwrap_or_default().into()),
            Type::NUMERIC => Self::Int(whole(raw)?),
            Type::BYTEA => Self::Blob(raw.to_owned()),
            _ if is_text(ty) => Self::Text(std::str::from_utf8(raw)?.to_owned()),
            _ => return Err(format!("the database gave {ty}").into()),
        })
    }

    fn from_sql_null(_: &Type) -> Result<Self, Problem> {
        Ok(Self::Null)
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

/// A NUMERIC that is whole: sums are. Digits to the base 10000; `weight` is the first one's power.
fn whole(raw: &[u8]) -> Result<i64, Problem> {
    let words: Vec<u16> = raw.as_chunks::<2>().0.iter().map(|pair| u16::from_be_bytes(*pair)).collect();
    let [_, weight, sign, _, digits @ ..] = words.as_slice() else {
        return Err("a number that is cut off".into());
    };
    // A negative weight is above 32767 here.
    let places = if *weight > 0x7fff { 0 } else { usize::from(*weight) + 1 };
    if digits.iter().skip(places).any(|digit| *digit != 0) || !matches!(sign, 0 | 0x4000) {
        return Err("a number with a fraction, where this database keeps none".into());
    }
    let mut n: i64 = 0;
    for place in 0..places {
        let digit = i64::from(digits.get(place).copied().unwrap_or_default());
        let digit = if *sign == 0 { digit } else { -digit };
        n = n.checked_mul(10_000).and_then(|n| n.checked_add(digit)).ok_or("a sum that is too large")?;
    }
    Ok(n)
}

/// A value in a line of `COPY … FROM STDIN`.
pub fn copied(value: &Value, out: &mut String) {
    match value {
        Value::Null => out.push_str(r"\N"),
        Value::Int(n) => out.push_str(&n.to_string()),
        Value::Text(text) => {
            for c in without_zero(text).chars() {
                match c {
                    '\\' => out.push_str(r"\\"),
                    '\n' => out.push_str(r"\n"),
                    '\r' => out.push_str(r"\r"),
                    '\t' => out.push_str(r"\t"),
                    c => out.push(c),
                }
            }
        }
        Value::Blob(bytes) => {
            out.push_str(r"\\x");
            for byte in bytes {
                out.extend([byte >> 4, byte & 15].map(|half| char::from_digit(half.into(), 16).unwrap_or('0')));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numeric(weight: i16, sign: u16, digits: &[u16]) -> Result<i64, String> {
        let count = u16::try_from(digits.len()).unwrap();
        let head = [count, u16::from_be_bytes(weight.to_be_bytes()), sign, 0];
        let raw: Vec<u8> = head.iter().chain(digits).flat_map(|word| word.to_be_bytes()).collect();
        whole(&raw).map_err(|err| err.to_string())
    }

    #[test]
    fn sums_are_whole_numbers() {
        assert_eq!(numeric(0, 0, &[]), Ok(0));
        assert_eq!(numeric(0, 0, &[42]), Ok(42));
        assert_eq!(numeric(1, 0x4000, &[3, 5]), Ok(-30_005));
        assert_eq!(numeric(2, 0, &[1]), Ok(100_000_000));
        assert!(numeric(-1, 0, &[5000]).is_err());
        assert!(numeric(0, 0xc000, &[]).is_err(), "NaN");
        assert!(numeric(5, 0, &[1]).is_err(), "more than 64 bits");
    }

    #[test]
    fn a_copied_line_keeps_every_character() {
        let mut line = String::new();
        copied(&Value::Text("a\tb\\c\n济\0".into()), &mut line);
        copied(&Value::Blob(vec![0, 0xaf]), &mut line);
        assert_eq!(line, "a\\tb\\\\c\\n济\u{fffd}\\\\x00af");
    }
}
