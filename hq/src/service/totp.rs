//! One-time codes by time: RFC 6238 with SHA-1, 30 seconds and six digits, as every telephone's
//! authenticator takes them.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;

/// Seconds that a code stands for.
pub const STEP_SECS: i64 = 30;
/// Bytes of a secret: as many as SHA-1 has (RFC 4226, section 4).
pub const SECRET_LEN: usize = 20;

/// The step of a moment, in seconds since 1970.
pub fn step(at_secs: i64) -> i64 {
    at_secs.div_euclid(STEP_SECS)
}

/// The number behind a step's code (RFC 4226, section 5.3).
fn number(secret: &[u8], step: i64) -> Option<u32> {
    let counter = u64::try_from(step).ok()?;
    let mut mac = Hmac::<Sha1>::new_from_slice(secret).ok()?;
    mac.update(&counter.to_be_bytes());
    let digest = mac.finalize().into_bytes();
    let offset = usize::from(digest.last()? & 15);
    let four: [u8; 4] = digest.get(offset..offset + 4)?.try_into().ok()?;
    Some(u32::from_be_bytes(four) & 0x7FFF_FFFF)
}

/// The code of a step.
pub fn code(secret: &[u8], step: i64) -> Option<String> {
    Some(format!("{:06}", number(secret, step)? % 1_000_000))
}

/// The step that a code belongs to: the present one, or one beside it, for clocks that differ.
pub fn find(secret: &[u8], typed: &str, at_secs: i64) -> Option<i64> {
    let now = step(at_secs);
    [now, now - 1, now + 1].into_iter().find(|step| code(secret, *step).is_some_and(|code| code == typed))
}

/// A secret as people type it into a telephone (RFC 4648, base32).
pub fn base32(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let mut text = String::with_capacity(bytes.len().div_ceil(5) * 8);
    for five in bytes.chunks(5) {
        let bits = five.iter().fold(0_u64, |bits, byte| (bits << 8) | u64::from(*byte)) << (8 * (5 - five.len()));
        let letters = (five.len() * 8).div_ceil(5);
        for n in 0..letters {
            let index = usize::try_from((bits >> (35 - 5 * n)) & 31).unwrap_or_default();
            text.push(char::from(ALPHABET[index]));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vectors_of_rfc_6238_fit() {
        // Appendix B gives eight digits.
        for (at, expected) in [
            (59, 94_287_082),
            (1_111_111_109, 7_081_804),
            (1_111_111_111, 14_050_471),
            (1_234_567_890, 89_005_924),
            (2_000_000_000, 69_279_037),
            (20_000_000_000, 65_353_130),
        ] {
            let secret = b"12345678901234567890";
            assert_eq!(number(secret, step(at)).unwrap() % 100_000_000, expected, "at {at}");
            assert_eq!(code(secret, step(at)).unwrap(), format!("{:06}", expected % 1_000_000));
        }
    }

    #[test]
    fn a_code_works_one_step_early_and_late() {
        let secret = [7; SECRET_LEN];
        let typed = code(&secret, 100).unwrap();
        for (at, found) in [(99, true), (100, true), (101, true), (98, false), (102, false)] {
            assert_eq!(find(&secret, &typed, at * STEP_SECS), found.then_some(100), "step {at}");
        }
        assert_eq!(find(&secret, "", 3000), None);
    }

    #[test]
    fn base32_is_that_of_rfc_4648() {
        for (bytes, text) in
            [("", ""), ("f", "MY"), ("fo", "MZXQ"), ("foo", "MZXW6"), ("foob", "MZXW6YQ"), ("fooba", "MZXW6YTB")]
        {
            assert_eq!(base32(bytes.as_bytes()), text);
        }
    }
}
