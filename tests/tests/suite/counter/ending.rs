//! The end of a case: the folder verifies, and headquarters has the same.

use hq::service::verify::verify;
use hq::store::{claims, records, tills};
use pos::outbox::payload_of;
use serde_json::{Value, json};

use super::FAMILIES;
use super::bench::{Bench, sums_of, yuan};
use super::books::Sale;

impl Bench {
    /// The line is back, all is sent, and everything is compared.
    pub fn end(mut self) {
        self.line.set_up(true);
        let moved = self.round().unwrap();
        assert_eq!(moved.unsent, 0);
        self.agree();
        let date = domain::time::business_date(self.till().shop.now()).to_string();
        let day = self.till().shop.store.day_sums(&date).unwrap();
        assert_eq!(sums_of(&day), self.model.books.day_sums.without_zeros());
        self.chain_says_what_happened();
        self.nothing_is_returned_twice();
        let dir = self.dir.path().join("till");
        let at_till = self.records();
        self.close();
        pos::commands::verify::run(&dir).unwrap();
        verify(self.hq.hq()).unwrap().unwrap();
        self.headquarters_has_the_chain(&at_till);
        self.headquarters_has_the_claims();
        self.headquarters_has_the_balances();
    }

    /// The till's records: position, hash, payload.
    fn records(&self) -> Vec<(u64, String, Value)> {
        let store = &self.till().shop.store;
        let epochs = store.epochs().unwrap();
        assert_eq!(epochs.len(), 1, "nothing here opens another epoch");
        let records = store.records(&epochs[0].epoch).unwrap().into_iter();
        records.map(|r| (r.seq, r.hash, payload_of(&r.jws).unwrap())).collect()
    }

    fn chain_says_what_happened(&self) {
        let name = |payload: &Value| match payload["kind"].as_str().unwrap() {
            "event" => payload["event"].as_str().unwrap().to_owned(),
            kind => kind.to_owned(),
        };
        let said: Vec<String> =
            self.records()[self.records_before..].iter().map(|(.., payload)| name(payload)).collect();
        assert_eq!(said, self.model.books.chain);
    }

    fn nothing_is_returned_twice(&self) {
        let store = &self.till().shop.store;
        for sale in &self.model.books.sales {
            let kept = store.sale(&sale.number).unwrap().expect("a sale that was answered is there");
            let back: Vec<i64> = kept.lines.iter().map(|l| l.returned.milli_i64()).collect();
            assert_eq!(back, sale.lines.iter().map(|l| l.back).collect::<Vec<_>>());
            for line in kept.lines.iter().filter(|l| l.returned == l.quantity) {
                assert_eq!(line.reversed, line.sold, "what came back whole is given back whole");
            }
        }
    }

    fn headquarters_has_the_chain(&self, at_till: &[(u64, String, Value)]) {
        let db = self.hq.hq().db();
        let till = tills::till_id(&db.conn, "S001", "01", false).unwrap().unwrap();
        let there = records::of_till(&db.conn, till, None, 0, true, 10_000).unwrap();
        assert_eq!(there.len(), at_till.len());
        for (position, (record, (seq, hash, _))) in (1..).zip(there.iter().zip(at_till)) {
            assert_eq!((record.seq, record.branch), (position, false));
            assert_eq!((record.seq, &record.hash), (*seq, hash));
            assert_eq!((record.outcome.as_str(), record.reasons.as_str()), ("accepted", "[]"), "{}", record.kind);
        }
    }

    fn headquarters_has_the_claims(&self) {
        let db = self.hq.hq().db();
        let there = claims::list(&db.conn, None, None, None).unwrap();
        let made: Vec<&Sale> = self.model.books.sales.iter().filter(|sale| sale.has_claim).collect();
        assert_eq!(there.len(), made.len());
        for (claim, sale) in there.iter().zip(made) {
            assert_eq!(claim.sale.as_deref(), Some(sale.number.as_str()));
            assert_eq!(claim.household, sale.family);
            for totals in [&claim.totals, &claim.granted] {
                let totals: Value = serde_json::from_str(totals).unwrap();
                assert_eq!(totals["discount"], json!(yuan(sale.discount())), "{totals}");
                assert_eq!(totals["purse"], json!(yuan(sale.purse())), "{totals}");
            }
            assert_eq!(claim.state, "accepted");
        }
    }

    fn headquarters_has_the_balances(&self) {
        let used = &self.model.books.used;
        let there: i64 = {
            let db = self.hq.hq().db();
            let mut seen = 0;
            for ((household, programme, limit), milli) in used {
                let balances = claims::household_balances(&db.conn, household, programme).unwrap();
                let sum: i64 = balances.iter().filter(|b| b.limit == *limit).map(|b| b.used.milli()).sum();
                assert_eq!(sum, *milli, "{household} {programme} {limit}");
                seen += sum;
            }
            let all: i64 = db.conn.value("SELECT coalesce(sum(used_milli), 0) FROM balances", &[]).unwrap();
            assert_eq!(all, seen, "nothing else is counted");
            seen
        };
        assert!(there >= 0 && used.len() <= FAMILIES.len() * 16);
    }
}
