//! The unified social credit code of a legal person (GB 32100).

const FIGURES: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";
const WEIGHTS: [usize; 17] = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];

/// Reads a code: 18 figures and letters without I, O, S, V and Z, of which the last is a check digit.
pub fn credit_code(text: &str) -> Result<String, String> {
    let code = text.trim().to_ascii_uppercase();
    let value = |byte: u8| FIGURES.iter().position(|figure| *figure == byte);
    let values: Option<Vec<usize>> = code.bytes().map(value).collect();
    let Some(values) = values.filter(|values| values.len() == 18) else {
        return Err("统一社会信用代码是 18 位数字和大写字母（没有 I、O、S、V、Z）。 \
                    A credit code has 18 figures and letters, without I, O, S, V and Z"
            .into());
    };
    let sum: usize = values.iter().zip(WEIGHTS).map(|(value, weight)| value * weight).sum();
    if values.last() == Some(&((31 - sum % 31) % 31)) {
        Ok(code)
    } else {
        Err("统一社会信用代码的校验位不对，请对照营业执照再输一遍。 \
             The check digit of the credit code does not fit: compare it with the licence"
            .into())
    }
}

#[cfg(test)]
mod tests {
    use super::credit_code;

    #[test]
    fn one_wrong_figure_is_found() {
        // Made up: region 370899 does not exist.
        let body = "92370899MA3DEMO01";
        let good: Vec<String> = "0123456789ABCDEFGHJKLMNPQRTUWXY"
            .chars()
            .filter_map(|check| credit_code(&format!("{}{check}", body.replace('O', "0"))).ok())
            .collect();
        assert_eq!(good.len(), 1, "exactly one check digit fits");
        // Published examples of the standard's own kind: Tencent's and Alibaba's licences.
        for known in ["9144030071526726XG", "91330100799655058B"] {
            assert_eq!(credit_code(known).as_deref(), Ok(known));
            assert!(credit_code(&known.replace('9', "8")).is_err());
        }
        for wrong in ["", "9144030071526726X", "9144030071526726XI", "９144030071526726XG"] {
            assert!(credit_code(wrong).is_err(), "{wrong}");
        }
        assert_eq!(credit_code(" 9144030071526726xg ").as_deref(), Ok("9144030071526726XG"));
    }
}
