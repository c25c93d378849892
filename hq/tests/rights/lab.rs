//! Headquarters inside the test: no socket, no program to start.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, LazyLock};

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Request, header};
use hq::service::access::Role;
use hq::service::session::Person;
use hq::service::{Hq, catalogue, roster};
use hq::store::users::{self, NewUser};
use tower_service::Service as _;

/// Password of everybody.
pub const PASSWORD: &str = "a long password";

static HASH: LazyLock<String> = LazyLock::new(|| sync::password::hash(PASSWORD).unwrap());

/// Two stores of two districts, a household in each, programmes and goods.
pub struct Lab {
    pub dir: tempfile::TempDir,
    pub hq: Arc<Hq>,
    router: Router,
    runtime: tokio::runtime::Runtime,
}

/// What was answered.
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body.clone()).into_owned()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }
}

/// Stores: code, name, district.
pub const STORES: [(&str, &str, &str); 2] = [("S001", "和平路店", "370811"), ("S002", "新华街店", "370812")];

/// The `n`th fictitious ID number.
pub fn id_number(n: usize) -> String {
    let digits = format!("37089919500101{n:03}");
    format!("{digits}{}", domain::resident::check_character(&digits))
}

pub fn data(name: &str) -> Vec<u8> {
    std::fs::read(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../data").join(name)).unwrap()
}

impl Lab {
    pub fn open() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let hq = Arc::new(Hq::open(dir.path(), &dir.path().join("keys.json")).unwrap());
        for (code, name, district) in STORES {
            assert!(roster::add_store(&hq, code, name, district, vec![district.into()]).unwrap());
        }
        let mut rows = String::from(
            "id_number,card_number,name,household,relation,household_size,category,district,home_store,status,valid_from\n",
        );
        for (n, (code, _, district)) in STORES.iter().enumerate() {
            let name = ["示春华", "例秋实"][n];
            let id = id_number(n);
            rows += &format!("{id},,{name},DEMO-{n},head,2,urban_dibao,{district},{code},active,2020-01-01\n");
        }
        roster::import(&hq, rows.as_bytes(), false, &mut |_, _| {}).unwrap().unwrap();
        catalogue::import_programmes(&hq, &data("programmes.json"), false).unwrap().unwrap();
        catalogue::import_products(&hq, &data("products.csv"), false).unwrap().unwrap();
        let router = hq::api::router(Arc::clone(&hq)).merge(hq::console::router(Arc::clone(&hq), false));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        Self { dir, hq, router, runtime }
    }

    /// Opaque id of a household.
    pub fn household(&self, n: usize) -> String {
        let db = self.hq.db();
        hq::store::people::household_id(&db.conn, &self.hq.keys, &format!("DEMO-{n}")).unwrap().unwrap()
    }

    /// A user, who has chosen the password already.
    pub fn user(&self, name: &str, role: Role, store: Option<&str>, district: Option<&str>) -> Person {
        let new = NewUser { name, role: role.code(), store, district, password_hash: &HASH, must_change: false };
        assert!(users::insert(&self.hq.db().conn, &new).unwrap());
        let (store, district) = (store.map(Into::into), district.map(Into::into));
        Person { name: name.into(), role, store, district, confirmed_at: hq::store::now_ms() }
    }

    /// A user of each role, named by it; the manager keeps S001.
    pub fn everybody(&self) {
        for role in Role::ALL {
            self.user(role.code(), role, (role == Role::Manager).then_some("S001"), None);
        }
    }

    pub fn send(&self, mut request: Request<Body>) -> Answer {
        let from = SocketAddr::from((Ipv4Addr::LOCALHOST, 1));
        request.extensions_mut().insert(ConnectInfo(from));
        let mut router = self.router.clone();
        self.runtime.block_on(async move {
            let response = router.call(request).await.unwrap();
            let (parts, body) = response.into_parts();
            let body = axum::body::to_bytes(body, usize::MAX).await.unwrap().to_vec();
            Answer { status: parts.status.as_u16(), headers: parts.headers, body }
        })
    }

    /// A browser that nobody signed in to.
    pub fn visitor(&self) -> Visitor<'_> {
        Visitor { lab: self, cookie: String::new() }
    }

    /// A browser of somebody who typed name and password.
    pub fn signed_in(&self, name: &str) -> Visitor<'_> {
        let mut visitor = self.visitor();
        let answer = visitor.sign_in(name, PASSWORD);
        assert_eq!(answer.status, 303, "{name}");
        visitor
    }
}

/// Keeps one cookie and follows nothing.
pub struct Visitor<'a> {
    lab: &'a Lab,
    pub cookie: String,
}

impl Visitor<'_> {
    fn send(&mut self, request: axum::http::request::Builder, body: Body) -> Answer {
        let request = request.header(header::COOKIE, &self.cookie).header(header::ACCEPT_LANGUAGE, "zh-CN");
        let answer = self.lab.send(request.body(body).unwrap());
        if let Some(pair) = answer.header("set-cookie").split(';').next().filter(|p| p.starts_with("jihui_session=")) {
            self.cookie = pair.to_owned();
        }
        answer
    }

    pub fn get(&mut self, path: &str) -> Answer {
        self.send(Request::get(path), Body::empty())
    }

    pub fn post(&mut self, path: &str, form: &[(&str, &str)]) -> Answer {
        let encode = |text: &str| -> String {
            text.bytes()
                .map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") })
                .collect()
        };
        let body: Vec<String> = form.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
        let request = Request::post(path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request, body.join("&").into())
    }

    /// Sends a form with a file.
    pub fn upload(&mut self, path: &str, form: &[(&str, &str)], file: &[u8]) -> Answer {
        let mut body = Vec::new();
        for (name, value) in form {
            let part = format!("--MARK\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
            body.extend(part.into_bytes());
        }
        body.extend(b"--MARK\r\nContent-Disposition: form-data; name=\"file\"; filename=\"prices.csv\"\r\n\r\n");
        body.extend(file);
        body.extend(b"\r\n--MARK--\r\n");
        let request = Request::post(path).header(header::CONTENT_TYPE, "multipart/form-data; boundary=MARK");
        self.send(request, body.into())
    }

    pub fn sign_in(&mut self, name: &str, password: &str) -> Answer {
        self.post("/console/sign-in", &[("name", name), ("password", password), ("next", "/console")])
    }

    /// Where a page sends on to.
    pub fn goes_to(&mut self, path: &str) -> String {
        let answer = self.get(path);
        assert_eq!(answer.status, 303, "{path}: {}", answer.text());
        answer.header("location").to_owned()
    }
}
