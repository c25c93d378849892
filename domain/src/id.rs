//! Identifiers: codes of programmes, stores and households, group paths, and the ids of records.

/// Longest identifier that any document may carry.
pub const MAX_LEN: usize = 128;

/// Checks an identifier: letters, digits, `_`, `-` and `.`.
pub fn identifier(text: &str) -> Result<String, String> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    if text.is_empty() || text.len() > MAX_LEN || !text.chars().all(allowed) {
        return Err(format!(
            "`{}` is not an identifier (letters, digits, `_`, `-`, `.`)",
            text.chars().take(40).collect::<String>()
        ));
    }
    Ok(text.into())
}

/// Checks a group path: identifiers joined by `/`.
pub fn group_path(text: &str) -> Result<String, String> {
    if text.len() > MAX_LEN || text.split('/').any(|segment| identifier(segment).is_err()) {
        return Err(format!(
            "`{}` is not a group (identifiers joined by `/`)",
            text.chars().take(40).collect::<String>()
        ));
    }
    Ok(text.into())
}

/// Splits `store/till`.
pub fn store_till(text: &str) -> Result<(String, String), String> {
    let (store, till) = text.split_once('/').ok_or_else(|| format!("`{text}` is not STORE/TILL"))?;
    Ok((identifier(store)?, identifier(till)?))
}
