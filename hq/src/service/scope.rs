//! What somebody may see and touch, by store and district.

use anyhow::Result;

use super::access::Role;
use super::session::Person;
use crate::store::sql::Conn;
use crate::store::tills;

/// What somebody sees, whatever the place: a manager the own store, others the stores and households of
/// their district, or everything. Every page, file and form asks it, also for what is named by an id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    stores: Option<Vec<String>>,
    district: Option<String>,
}

impl Scope {
    /// A person's.
    pub fn of(conn: &Conn, person: &Person) -> Result<Self> {
        let district = person.district.clone().filter(|prefix| !prefix.is_empty());
        let stores = match (&person.store, &district) {
            (Some(store), _) => Some(vec![store.clone()]),
            (None, _) if person.role == Role::Manager => Some(Vec::new()),
            (None, None) => None,
            (None, Some(prefix)) => {
                let all = tills::stores(conn)?.into_iter();
                Some(all.filter(|store| store.district.starts_with(prefix.as_str())).map(|store| store.code).collect())
            }
        };
        Ok(Self { stores, district })
    }

    /// Whether nothing bounds it.
    pub fn is_all(&self) -> bool {
        self.stores.is_none() && self.district.is_none()
    }

    /// Codes of the stores; none: all.
    pub fn stores(&self) -> Option<&[String]> {
        self.stores.as_deref()
    }

    /// The district prefix; none: all.
    pub fn district(&self) -> Option<&str> {
        self.district.as_deref()
    }

    /// Whether a store is in it.
    pub fn sees_store(&self, code: &str) -> bool {
        self.stores.as_ref().is_none_or(|codes| codes.iter().any(|known| known == code))
    }

    /// Whether a household of this district is in it. To a manager none is: families are not the store's.
    pub fn sees_district(&self, district: &str) -> bool {
        match (&self.district, &self.stores) {
            (Some(prefix), _) => district.starts_with(prefix.as_str()),
            (None, Some(_)) => false,
            (None, None) => true,
        }
    }

    /// Whether somebody with this store or district sees no more than this scope.
    pub fn covers(&self, store: Option<&str>, district: Option<&str>) -> bool {
        match (store, district.filter(|prefix| !prefix.is_empty())) {
            (Some(store), _) => self.sees_store(store),
            (None, Some(district)) => self.sees_district(district),
            (None, None) => self.is_all(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(stores: Option<&[&str]>, district: Option<&str>) -> Scope {
        let stores = stores.map(|codes| codes.iter().map(|code| (*code).to_owned()).collect());
        Scope { stores, district: district.map(Into::into) }
    }

    #[test]
    fn nobody_covers_more_than_the_own_scope() {
        let all = scope(None, None);
        assert!(all.is_all() && all.covers(None, None) && all.covers(Some("S001"), None) && all.sees_district("37"));
        let district = scope(Some(&["S002"]), Some("370812"));
        assert!(district.covers(Some("S002"), None) && district.covers(None, Some("370812001")));
        for (store, of) in [(None, None), (None, Some("")), (None, Some("3708")), (Some("S001"), Some("370812"))] {
            assert!(!district.covers(store, of), "{store:?} {of:?}");
        }
        let manager = scope(Some(&["S001"]), None);
        assert!(manager.sees_store("S001") && !manager.sees_store("S0011") && !manager.sees_district("370811"));
        // A manager whose store is not known sees none.
        assert!(!scope(Some(&[]), None).sees_store(""));
    }
}
