//! Where a request comes from, and how often somebody may try something from there.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::{Mutex, PoisonError};

use axum::extract::ConnectInfo;
use axum::http::Extensions;
use axum::http::HeaderMap;

/// The address that a request comes from. A proxy on this machine says whom it speaks for; nobody
/// else is believed.
pub fn origin(extensions: &Extensions, headers: &HeaderMap) -> Option<IpAddr> {
    let peer = extensions.get::<ConnectInfo<SocketAddr>>()?.0.ip().to_canonical();
    if !peer.is_loopback() {
        return Some(peer);
    }
    let said = headers.get_all("x-forwarded-for").into_iter().next_back().and_then(|line| line.to_str().ok());
    let last = said.and_then(|line| line.rsplit(',').next()).and_then(|last| last.trim().parse::<IpAddr>().ok());
    Some(last.unwrap_or(peer).to_canonical())
}

/// Whom a limit counts: an address, or the network that one subscriber has of IPv6.
fn subscriber(from: IpAddr) -> IpAddr {
    match from {
        IpAddr::V4(_) => from,
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
    }
}

/// Addresses that are remembered; a flood of them must not fill the memory.
const MOST: usize = 20_000;
/// What is counted is counted by the minute.
const MINUTE_MS: i64 = 60_000;

/// How often something was tried in the present minute, by address. It is of this server alone.
#[derive(Debug, Default)]
pub struct Rate {
    tries: Mutex<BTreeMap<IpAddr, (i64, u32)>>,
}

impl Rate {
    /// Counts a try; refused with the seconds to wait, where there were `most` in this minute.
    ///
    /// # Errors
    /// Seconds to wait.
    pub fn take(&self, from: Option<IpAddr>, most: u32, now_ms: i64) -> Result<(), i64> {
        let Some(from) = from.map(subscriber) else { return Ok(()) };
        let minute = now_ms.div_euclid(MINUTE_MS);
        let mut tries = self.tries.lock().unwrap_or_else(PoisonError::into_inner);
        if tries.len() >= MOST && !tries.contains_key(&from) {
            tries.retain(|_, (of, _)| *of == minute);
            if tries.len() >= MOST {
                tries.clear();
            }
        }
        let entry = tries.entry(from).or_insert((minute, 0));
        if entry.0 != minute {
            *entry = (minute, 0);
        }
        if entry.1 >= most {
            return Err(((minute + 1) * MINUTE_MS - now_ms + 999) / 1000);
        }
        entry.1 += 1;
        Ok(())
    }

    /// A try that was right does not count.
    pub fn give_back(&self, from: Option<IpAddr>) {
        let Some(from) = from.map(subscriber) else { return };
        let mut tries = self.tries.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = tries.get_mut(&from) {
            entry.1 = entry.1.saturating_sub(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(peer: &str, said: &[&str]) -> String {
        let mut extensions = Extensions::new();
        extensions.insert(ConnectInfo(SocketAddr::new(peer.parse().unwrap(), 1)));
        let mut headers = HeaderMap::new();
        for line in said {
            headers.append("x-forwarded-for", line.parse().unwrap());
        }
        origin(&extensions, &headers).unwrap().to_string()
    }

    #[test]
    fn only_a_proxy_on_this_machine_says_whom_it_speaks_for() {
        assert_eq!(from("203.0.113.9", &["198.51.100.1"]), "203.0.113.9");
        assert_eq!(from("127.0.0.1", &[]), "127.0.0.1");
        assert_eq!(from("127.0.0.1", &["198.51.100.1"]), "198.51.100.1");
        assert_eq!(from("::1", &["1.1.1.1, 198.51.100.1"]), "198.51.100.1", "the last: the rest is what a client said");
        assert_eq!(from("127.0.0.1", &["198.51.100.1", "198.51.100.2"]), "198.51.100.2");
        assert_eq!(from("127.0.0.1", &["<script>"]), "127.0.0.1");
        assert_eq!(from("::ffff:203.0.113.9", &[]), "203.0.113.9");
    }

    #[test]
    fn tries_are_counted_by_the_minute_and_subscriber() {
        let rate = Rate::default();
        let (a, b) = (Some("203.0.113.9".parse().unwrap()), Some("203.0.113.10".parse().unwrap()));
        for _ in 0..3 {
            assert_eq!(rate.take(a, 3, 60_000), Ok(()));
        }
        assert_eq!(rate.take(a, 3, 61_000), Err(59));
        assert_eq!(rate.take(b, 3, 61_000), Ok(()));
        assert_eq!(rate.take(a, 3, 120_000), Ok(()));
        rate.give_back(b);
        let (c, d) = (Some("2001:db8::1".parse().unwrap()), Some("2001:db8::ffff:1".parse().unwrap()));
        assert_eq!((rate.take(c, 1, 0), rate.take(d, 1, 0)), (Ok(()), Err(60)));
        assert_eq!(rate.take(None, 0, 0), Ok(()), "inside a test there is no address");
    }

    #[test]
    fn a_flood_of_addresses_does_not_fill_the_memory() {
        let rate = Rate::default();
        for n in 0..50_000_u32 {
            rate.take(Some(std::net::Ipv4Addr::from(n).into()), 1, 0).ok();
        }
        assert!(rate.tries.lock().unwrap().len() <= MOST);
    }
}
