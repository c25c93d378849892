//! Headquarters with claims, and a browser of few words.

use serde_json::json;
use tests::{Lab, Server, card_number, id_number};

/// Headquarters that is served, with three claims of two stores and a user for each role.
pub struct Site {
    pub lab: Lab,
    pub server: Server,
}

/// Password of all users (the fixture's).
pub const PASSWORD: &str = "a long password";

impl Site {
    pub fn open() -> Self {
        Self::on(Lab::with_households(5))
    }

    /// The same at a headquarters with its lists.
    pub fn on(lab: Lab) -> Self {
        let server = lab.serve();
        for name in ["S001/01", "S002/01"] {
            let till = lab.till(&server, name);
            let mut drive = till.open();
            let families: &[usize] = if name == "S001/01" { &[0, 0] } else { &[0] };
            for n in families {
                drive.sell(&["6900000000014", "10001"], Some(&id_number(*n)));
            }
            drive.ok(&json!({"do": "sync"}));
        }
        assert_eq!(lab.claims().len(), 3);
        Self::of(lab, server)
    }

    /// Headquarters of three stores after some days of sales: for pictures.
    pub fn after(days: u64, families: usize) -> Self {
        Self::after_with(days, families, |_| {})
    }

    /// The same, with something done at headquarters before the first day.
    pub fn after_with(days: u64, families: usize, prepare: impl FnOnce(&Lab)) -> Self {
        let lab = Lab::default();
        let stores = [("S001", "和平路店", "370811"), ("S002", "新华街店", "370812"), ("S003", "城南店", "370826")];
        for (code, name, district) in stores {
            lab.hq_ok(&["store", "add", code, "--name", name, "--district", district, "--serves", "3708"]);
        }
        let server = lab.serve();
        let tills: Vec<std::path::PathBuf> = stores
            .iter()
            .map(|(code, _, _)| {
                let till = lab.till(&server, &format!("{code}/01"));
                till.ok(&["staff", "add", "demo", "--role", "cashier"], "1234\n");
                till.ok(&["staff", "add", "manager", "--role", "manager"], "5678\n");
                till.dir
            })
            .collect();
        let address = server.address();
        drop(server);
        prepare(&lab);
        let plan =
            tests::month::Plan { days, households: families, headquarters: lab.hq_dir(), database: lab.place(), tills };
        tests::month::ring_up(&plan).unwrap();
        // Where the tills know it.
        let server = lab.serve_on(&address);
        Self::of(lab, server)
    }

    /// Headquarters as it is, with a user for each role.
    pub fn of(lab: Lab, server: Server) -> Self {
        for role in domain::role::HQ_ROLES {
            let store = if role == "manager" { &["--store", "S001"][..] } else { &[] };
            lab.hq_ok(&[&["user", "add", role, "--role", role], store].concat());
        }
        Self { lab, server }
    }

    /// A browser that nobody signed in to.
    pub fn visitor(&self) -> Visitor {
        let config = ureq::Agent::config_builder().max_redirects(0).http_status_as_error(false).build();
        Visitor { agent: config.into(), url: self.server.url.clone(), cookie: String::new() }
    }

    /// A browser of somebody who signed in.
    pub fn signed_in(&self, name: &str) -> Visitor {
        let mut visitor = self.visitor();
        let answer = visitor.sign_in(name, PASSWORD);
        assert_eq!((answer.status, answer.location.as_str()), (303, "/console"), "{name}");
        visitor
    }
}

/// Keeps one cookie and follows nothing.
pub struct Visitor {
    agent: ureq::Agent,
    url: String,
    pub cookie: String,
}

/// What a page said.
pub struct Answer {
    pub status: u16,
    pub location: String,
    pub body: String,
    pub headers: ureq::http::HeaderMap,
}

impl Visitor {
    fn read(&mut self, response: ureq::http::Response<ureq::Body>) -> Answer {
        let (parts, mut body) = response.into_parts();
        let text = |name: &str| parts.headers.get(name).map(|v| v.to_str().unwrap().to_owned()).unwrap_or_default();
        let cookie = text("set-cookie");
        if let Some(pair) = cookie.split(';').next().filter(|pair| pair.starts_with("jihui_session=")) {
            self.cookie = pair.to_owned();
        }
        let location = text("location");
        Answer {
            status: parts.status.as_u16(),
            location,
            body: String::from_utf8_lossy(&body.read_to_vec().unwrap()).into_owned(),
            headers: parts.headers,
        }
    }

    /// Opens a page in Chinese.
    pub fn get(&mut self, path: &str) -> Answer {
        let request = self.agent.get(format!("{}{path}", self.url)).header("accept-language", "zh-CN");
        let response = request.header("cookie", &self.cookie).call().unwrap();
        self.read(response)
    }

    /// Sends a form as a page of this site does, or as another site would.
    pub fn post(&mut self, path: &str, form: &[(&str, &str)], origin: Option<&str>) -> Answer {
        let mut request = self.agent.post(format!("{}{path}", self.url)).header("cookie", &self.cookie);
        if let Some(origin) = origin {
            request = request.header("origin", origin).header("sec-fetch-site", "cross-site");
        }
        let response = request.send_form(form.iter().copied()).unwrap();
        self.read(response)
    }

    /// Sends bytes as a browser sends a form with a file.
    pub fn post_bytes(&mut self, path: &str, kind: &str, body: &[u8]) -> Answer {
        let request = self.agent.post(format!("{}{path}", self.url)).header("cookie", &self.cookie);
        let response = request.header("content-type", kind).send(body).unwrap();
        self.read(response)
    }

    /// Opens what is no page: status, headers and bytes.
    pub fn bytes(&mut self, path: &str) -> (u16, ureq::http::HeaderMap, Vec<u8>) {
        let request = self.agent.get(format!("{}{path}", self.url)).header("cookie", &self.cookie);
        let (parts, mut body) = request.call().unwrap().into_parts();
        (parts.status.as_u16(), parts.headers, body.read_to_vec().unwrap())
    }

    /// Sends a form with a file, as a browser does.
    pub fn upload(&mut self, path: &str, form: &[(&str, &str)], file: &str, bytes: &[u8]) -> Answer {
        let mut body = Vec::new();
        for (name, value) in form {
            body.extend(
                format!("--edge\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").bytes(),
            );
        }
        body.extend(
            format!("--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{file}\"\r\nContent-Type: text/csv\r\n\r\n")
                .bytes(),
        );
        body.extend(bytes);
        body.extend(b"\r\n--edge--\r\n");
        let request = self.agent.post(format!("{}{path}", self.url)).header("cookie", &self.cookie);
        let response = request.content_type("multipart/form-data; boundary=edge").send(&body[..]).unwrap();
        self.read(response)
    }

    pub fn sign_in(&mut self, name: &str, password: &str) -> Answer {
        self.post("/console/sign-in", &[("name", name), ("password", password), ("next", "/console")], None)
    }
}

/// What must stand on no page: whole names and numbers of families.
pub fn secrets() -> Vec<String> {
    (0..5).flat_map(|n| [id_number(n), card_number(n), tests::name(n)]).collect()
}
