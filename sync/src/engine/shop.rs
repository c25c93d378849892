//! What the tills of one store share: changes go up, then the list comes down (docs/protocol.md).

use super::{Engine, Method, Moved, Outbox, Result, SyncError, Transport, parse};
use crate::protocol::{ForeignSale, MAX_BODY, MAX_CHANGES, ShopChange, ShopChanges, ShopTaken};

const PATH: &str = "/v1/shop";
/// Most uploads of one round; what is left goes up with the next one.
const MAX_UPLOADS: usize = 1000;

/// A claimed sale of another till of the own store. `None`: headquarters knows none of this number.
pub fn sale(outbox: &mut dyn Outbox, transport: &dyn Transport, number: &str) -> Result<Option<ForeignSale>> {
    let Ok(number) = domain::id::identifier(number.trim()) else {
        return Ok(None);
    };
    let mut engine = Engine { outbox, transport, moved: Moved::default() };
    let path = format!("/v1/sales?number={number}");
    match engine.get(&path) {
        Ok(answer) => parse(&path, &answer).map(Some),
        Err(SyncError::Refused { word, .. }) if word == "unknown" => Ok(None),
        Err(err) => Err(err),
    }
}

impl Engine<'_> {
    /// Sends what was entered here, then takes what was entered elsewhere.
    pub(super) fn shop(&mut self) -> Result<()> {
        if !self.send_changes()? {
            return Ok(());
        }
        match self.list("shop") {
            // A headquarters that is older than the till shares nothing.
            Err(SyncError::Refused { word, .. }) if word == "unknown" => Ok(()),
            // A whole list may have shown what headquarters never heard of.
            Ok(_) => self.send_changes().map(|_| ()),
            Err(err) => Err(err),
        }
    }

    /// Whether headquarters takes changes at all.
    fn send_changes(&mut self) -> Result<bool> {
        for _ in 0..MAX_UPLOADS {
            let changes = self.outbox.shop_changes(MAX_CHANGES).map_err(SyncError::Store)?;
            if changes.is_empty() {
                break;
            }
            if !self.send_some(bounded(&changes))? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Sends changes at once; where one of them is refused, all are, and the halves go by themselves
    /// until the one is found.
    fn send_some(&mut self, changes: &[ShopChange]) -> Result<bool> {
        let body = serde_json::to_vec(&ShopChanges { changes: changes.to_vec() })
            .map_err(|err| SyncError::Store(err.to_string()))?;
        match self.call(Method::Post, PATH, "application/json", body) {
            Ok(answer) => {
                let answer: ShopTaken = parse(PATH, &answer)?;
                if changes.iter().any(|change| !answer.taken.contains(&change.id)) {
                    let problem = "it does not say that it took every change".into();
                    return Err(SyncError::Invalid { path: PATH.into(), problem });
                }
                self.moved.shared += u64::try_from(changes.len()).unwrap_or(0);
                self.outbox.shop_taken(&answer.taken).map_err(SyncError::Store)?;
                Ok(true)
            }
            Err(SyncError::Refused { word, .. }) if word == "unknown" || word == "status 405" => Ok(false),
            Err(SyncError::Refused { word, detail, .. })
                if matches!(word.as_str(), "invalid" | "conflict" | "size") =>
            {
                match changes {
                    [one] => self.outbox.shop_refused(&one.id, &detail).map_err(SyncError::Store)?,
                    several => {
                        let (first, second) = several.split_at(several.len() / 2);
                        self.send_some(first)?;
                        self.send_some(second)?;
                    }
                }
                Ok(true)
            }
            Err(err) => Err(err),
        }
    }
}

/// As many changes as one body may hold.
fn bounded(changes: &[ShopChange]) -> &[ShopChange] {
    // What JSON puts around a list of changes.
    let mut bytes = 16;
    let fits = changes.iter().take_while(|change| {
        bytes += serde_json::to_vec(change).map_or(MAX_BODY, |text| text.len() + 1);
        bytes <= MAX_BODY
    });
    &changes[..fits.count().max(1)]
}
