//! Headquarters inside the process: every body of its API, records that a till signed, forms of the console.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, LazyLock, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use domain::time::{business_date, rfc3339};
use hq::service::access::Role;
use hq::service::{Hq, catalogue, enrol, now, roster};
use hq::store::users::{self, NewUser};
use serde_json::{Value, json};
use sync::jws::{Key, Unverified};
use sync::protocol::{Enrolled, typ};
use sync::{chain, token};
use tower_service::Service as _;

/// Headquarters with a store, a household, programmes, goods, and a till of few words.
struct Site {
    router: Router,
    runtime: tokio::runtime::Runtime,
    key: Key,
    me: Enrolled,
    household: String,
    cookie: String,
    seq: u64,
    prev: String,
    _dir: tempfile::TempDir,
}

// One for each target: what one does to its headquarters is nothing to the others.
static API: LazyLock<Mutex<Site>> = LazyLock::new(|| Mutex::new(Site::open()));
static RECORD: LazyLock<Mutex<Site>> = LazyLock::new(|| Mutex::new(Site::open()));
static CONSOLE: LazyLock<Mutex<Site>> = LazyLock::new(|| Mutex::new(Site::open()));

const PASSWORD: &str = "a long password";

impl Site {
    fn open() -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let hq = Arc::new(Hq::open(dir.path(), &dir.path().join("keys.json")).expect("headquarters"));
        roster::add_store(&hq, "S001", "和平路店", "370811", vec!["370811".into()]).expect("a store");
        let digits = "37089919500101000";
        let id = format!("{digits}{}", domain::resident::check_character(digits));
        let rows = format!(
            "id_number,card_number,name,household,relation,household_size,category,district,home_store,status,valid_from\n\
             {id},,示春华,DEMO,head,2,urban_dibao,370811,S001,active,2020-01-01\n"
        );
        roster::import(&hq, rows.as_bytes(), false, &mut |_, _| {}).expect("a roster").expect("a roster");
        let data =
            |name: &str| std::fs::read(format!("{}/../data/{name}", env!("CARGO_MANIFEST_DIR"))).expect("a file");
        catalogue::import_programmes(&hq, &data("programmes.json"), false).expect("programmes").expect("programmes");
        catalogue::import_products(&hq, &data("products.csv"), false).expect("goods").expect("goods");
        let hash = sync::password::hash(PASSWORD).expect("a hash");
        let user = NewUser {
            name: "boss",
            role: Role::Admin.code(),
            store: None,
            district: None,
            password_hash: &hash,
            must_change: false,
        };
        let household = {
            let db = hq.db();
            users::insert(&db.conn, &user).expect("a user");
            hq::store::people::household_id(&db.conn, &hq.keys, "DEMO").expect("a household").expect("a household")
        };
        let code = enrol::make_code(&hq, "fuzz", "S001", "01").expect("a code").expect("a code");
        let key = Key::from_seed(&[9; 32]);
        let asked = key.sign_with_jwk(typ::ENROL, json!({"code": code, "software": "fuzz"}).to_string().as_bytes());
        let answer = enrol::enrol(&hq, &asked).unwrap_or_else(|_| panic!("enrolment"));
        let unverified = Unverified::parse(&answer, typ::ENROLLED, true).expect("an answer");
        let me: Enrolled =
            serde_json::from_slice(&unverified.verify(&hq.keys.signing.jwk()).expect("an answer")).expect("an answer");
        let router = hq::api::router(Arc::clone(&hq)).merge(hq::console::router(hq, false));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let prev = chain::first_prev(&me.store, &me.till, &me.epoch, &me.kid);
        let mut site = Self { router, runtime, key, me, household, cookie: String::new(), seq: 0, prev, _dir: dir };
        let form = format!("name=boss&password={}", PASSWORD.replace(' ', "+"));
        let request = Request::post("/console/sign-in").header("content-type", "application/x-www-form-urlencoded");
        let (_, cookie) = site.send(request.body(form.into()).expect("a request"));
        site.cookie = cookie;
        site
    }

    fn send(&mut self, mut request: Request<Body>) -> (u16, String) {
        request.extensions_mut().insert(ConnectInfo(SocketAddr::from((Ipv4Addr::LOCALHOST, 1))));
        let answer = self.router.call(request);
        self.runtime.block_on(async {
            let (parts, body) = answer.await.expect("a router answers").into_parts();
            axum::body::to_bytes(body, usize::MAX).await.expect("an answer has a body");
            let cookie = parts.headers.get("set-cookie").and_then(|line| line.to_str().ok()).unwrap_or_default();
            (parts.status.as_u16(), cookie.split(';').next().unwrap_or_default().to_owned())
        })
    }

    fn bearer(&self) -> String {
        format!("Bearer {}", token::make(&self.key, &self.me.store, &self.me.till, now().timestamp()))
    }
}

/// Nothing that comes in may make headquarters fail: that is what 500 says.
fn never_fails(status: u16, what: &str) {
    assert!(status < 500, "{what} made headquarters fail");
}

/// Any body at any path of the API; the first bytes choose path and coding.
pub fn api(data: &[u8]) {
    let [path, coding, body @ ..] = data else { return };
    let mut site = API.lock().expect("one at a time");
    let routes = hq::api::routes();
    let (method, path) = routes[usize::from(*path) % routes.len()];
    let query = String::from_utf8_lossy(body).chars().filter(char::is_ascii_alphanumeric).take(20).collect::<String>();
    let asked = match path {
        "/v1/records" => format!("{path}?epoch={}{}", site.me.epoch, if coding & 8 == 8 { "&branch=true" } else { "" }),
        "/v1/sales" => format!("{path}?number={query}"),
        "/v1/accounts" => format!("{path}?month={query}"),
        "/v1/time" => format!("{path}?nonce={query}"),
        _ if method == "GET" => format!("{path}?after={query}"),
        _ => path.to_owned(),
    };
    let mut request = Request::builder().method(method).uri(&asked).header("authorization", site.bearer());
    match coding & 3 {
        1 => request = request.header("content-encoding", "gzip"),
        2 => request = request.header("content-encoding", "zstd"),
        _ => {}
    }
    let (status, _) = site.send(request.body(Body::from(body.to_vec())).expect("a request"));
    never_fails(status, &asked);
}

/// A record that the till signs, whatever it says: the chain goes on.
pub fn record(data: &[u8]) {
    let Ok(said) = serde_json::from_slice::<Value>(data) else { return };
    let Value::Object(said) = said else { return };
    let mut site = RECORD.lock().expect("one at a time");
    let at = now();
    let mut payload = json!({
        "v": 1, "kind": "claim", "store": site.me.store, "till": site.me.till, "at": rfc3339(at),
        "business_date": business_date(at), "total_claimed": "0.00", "household": site.household, "person": "P1",
        "programmes": [], "roster_version": 1,
    });
    for (name, value) in said {
        payload[name] = value;
    }
    // What makes it the next of its chain is not what is tried here.
    payload["epoch"] = site.me.epoch.clone().into();
    payload["seq"] = (site.seq + 1).into();
    payload["id"] = uuid::Uuid::now_v7().to_string().into();
    payload["prev"] = site.prev.clone().into();
    let signed = chain::sign(&site.key, payload.to_string().as_bytes());
    let uri = format!("/v1/records?epoch={}", site.me.epoch);
    let request = Request::post(uri).header("authorization", site.bearer());
    let too_large = signed.jws.len() > sync::protocol::MAX_RECORD;
    let (status, _) = site.send(request.body(Body::from(signed.jws)).expect("a request"));
    assert!(status == 200 || too_large, "{status} for {payload}");
    if !too_large {
        site.seq += 1;
        site.prev = signed.hash;
    }
}

/// Forms and files that somebody sends to the console who may do everything.
pub fn console(data: &[u8]) {
    const FORMS: [&str; 12] = [
        "/console/households",
        "/console/stores/till",
        "/console/people",
        "/console/programme-drafts",
        "/console/shop/product",
        "/console/shop/promotions",
        "/console/shop/staff",
        "/console/shop/import",
        "/console/roster/upload",
        "/console/shop/stock/sales",
        "/console/language",
        "/console/settlement",
    ];
    let [path, kind, body @ ..] = data else { return };
    let mut site = CONSOLE.lock().expect("one at a time");
    let path = FORMS[usize::from(*path) % FORMS.len()];
    let kind = if kind & 1 == 1 { "multipart/form-data; boundary=MARK" } else { "application/x-www-form-urlencoded" };
    let request = Request::post(path).header("content-type", kind).header("cookie", &site.cookie);
    let (status, _) = site.send(request.body(Body::from(body.to_vec())).expect("a request"));
    never_fails(status, path);
}
