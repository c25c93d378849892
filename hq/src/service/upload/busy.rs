//! Who is uploading right now.

use crate::service::{Hq, Refusal};

/// One upload of a till at a time.
pub struct Busy<'a> {
    hq: &'a Hq,
    till_id: i64,
}

impl<'a> Busy<'a> {
    /// Until it is dropped, the till's other uploads are told to wait.
    pub fn take(hq: &'a Hq, till_id: i64) -> Result<Self, Refusal> {
        let mut uploading = hq.uploading.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if uploading.insert(till_id) {
            Ok(Self { hq, till_id })
        } else {
            Err(Refusal::new("busy", "another upload of this till is under way; try again"))
        }
    }
}

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.hq.uploading.lock().unwrap_or_else(std::sync::PoisonError::into_inner).remove(&self.till_id);
    }
}
