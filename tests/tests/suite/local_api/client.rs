//! Another till's program: all it knows of the API it read from `/openapi.json`. It checks what it
//! sends and what it gets by the document's schemas.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use tests::Till;

/// A fresh id of now.
pub fn id(till: &Till) -> String {
    let shop = pos::shop::Shop::open(&till.dir).unwrap();
    pos::shop::fresh_id(shop.now()).to_string()
}

/// The till's program that serves the API.
pub struct Served {
    child: Child,
    output: BufReader<ChildStdout>,
    url: String,
    pub token: String,
}

impl Served {
    pub fn start(till: &Till) -> Self {
        let token = till.ok(&["api", "token"], "").trim().to_owned();
        let mut child = Command::new(tests::program("jihui-till"))
            .arg("--data")
            .arg(&till.dir)
            .args(["api", "serve", "--listen", "127.0.0.1:0"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        let url = line.trim().strip_prefix("listening on ").expect("it says where it listens").to_owned();
        Self { child, output, url, token }
    }

    pub fn client(&self) -> Client {
        Client::new(&self.url, &self.token)
    }

    /// A request by hand: status and document.
    pub fn raw(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> (u16, Value) {
        raw(method, &format!("{}{path}", self.url), headers, body)
    }

    /// Closes its standard input and waits for its end; all that it said.
    pub fn stop(mut self) -> String {
        drop(self.child.stdin.take());
        assert!(self.child.wait().unwrap().success());
        let mut said = String::new();
        self.output.read_to_string(&mut said).unwrap();
        self.child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        said
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may have been stopped by its test.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn raw(method: &str, url: &str, headers: &[(&str, &str)], body: &str) -> (u16, Value) {
    let config =
        ureq::Agent::config_builder().http_status_as_error(false).timeout_global(Some(Duration::from_secs(20))).build();
    let mut request = ureq::http::Request::builder().method(method).uri(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.header("content-type", "application/json").body(body.to_owned()).unwrap();
    let mut answer = ureq::Agent::from(config).run(request).unwrap();
    assert!(!answer.headers().keys().any(|name| name.as_str().starts_with("access-control")), "no page may come in");
    let text = answer.body_mut().read_to_string().unwrap();
    (answer.status().as_u16(), serde_json::from_str(&text).unwrap())
}

/// The program.
pub struct Client {
    url: String,
    token: String,
    document: Value,
    /// Everything that it was answered.
    pub said: String,
}

impl Client {
    pub fn new(url: &str, token: &str) -> Self {
        let document = raw("GET", &format!("{url}/openapi.json"), &[], "").1;
        assert_eq!(document["openapi"], json!("3.1.0"));
        Self { url: url.into(), token: token.into(), document, said: String::new() }
    }

    /// Makes a call that must work.
    /// Where the till is busy it asks again, as the document says.
    pub fn ok(&mut self, operation: &str, path: &[(&str, &str)], body: &Value) -> Value {
        let (mut status, mut answer) = self.call(operation, path, body);
        for _ in 0..50 {
            if status != 503 {
                break;
            }
            std::thread::sleep(Duration::from_millis(100));
            (status, answer) = self.call(operation, path, body);
        }
        assert_eq!(status, 200, "{operation}: {answer}");
        answer
    }

    /// Makes a call by its operation's id; status and document.
    pub fn call(&mut self, operation: &str, path: &[(&str, &str)], body: &Value) -> (u16, Value) {
        let (place, method, described) = self.find(operation);
        let mut url = format!("{}{place}", self.url);
        for parameter in described["parameters"].as_array().into_iter().flatten() {
            let name = parameter["name"].as_str().unwrap();
            let value = path.iter().find(|(given, _)| *given == name).expect("a parameter that is required").1;
            url = url.replace(&format!("{{{name}}}"), value);
        }
        let asked = &described["requestBody"]["content"]["application/json"]["schema"];
        let sent = if asked.is_null() { String::new() } else { body.to_string() };
        if !asked.is_null() {
            self.check(asked, body, &format!("{operation} asks"));
        }
        let token = format!("Bearer {}", self.token);
        let headers: &[(&str, &str)] = &[("authorization", &token)];
        let (status, answer) = raw(&method, &url, headers, &sent);
        let expected = &described["responses"][status.to_string()]["content"];
        let kind = if status == 200 { "application/json" } else { "application/problem+json" };
        assert!(expected[kind].is_object(), "{operation} may answer {status}? {answer}");
        self.check(&expected[kind]["schema"], &answer, &format!("{operation} answers"));
        self.said.push_str(&answer.to_string());
        (status, answer)
    }

    fn find(&self, operation: &str) -> (String, String, Value) {
        let paths = self.document["paths"].as_object().unwrap();
        let mut all = paths.iter().flat_map(|(path, methods)| {
            methods.as_object().unwrap().iter().map(move |(method, described)| (path, method, described))
        });
        let (path, method, described) =
            all.find(|(_, _, described)| described["operationId"] == operation).expect("an operation of the document");
        (path.clone(), method.to_uppercase(), described.clone())
    }

    /// Whether a value is what a schema says: as much of JSON Schema as the document uses.
    fn check(&self, schema: &Value, value: &Value, at: &str) {
        if let Some(name) = schema["$ref"].as_str() {
            let pointer = name.strip_prefix('#').unwrap();
            return self.check(self.document.pointer(pointer).expect(name), value, at);
        }
        let kind = match value {
            Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::Number(_) => "integer",
            Value::String(_) => "string",
            Value::Array(_) => "array",
            Value::Object(_) => "object",
        };
        let is_kind = schema["type"] == kind || schema["type"].as_array().is_some_and(|all| all.contains(&json!(kind)));
        assert!(is_kind, "{at}: {value} is not {}", schema["type"]);
        if let Some(words) = schema["enum"].as_array() {
            assert!(words.contains(value), "{at}: {value} is not in {words:?}");
        }
        for (n, item) in value.as_array().into_iter().flatten().enumerate() {
            self.check(&schema["items"], item, &format!("{at}[{n}]"));
        }
        let Some(fields) = value.as_object() else { return };
        for name in schema["required"].as_array().into_iter().flatten() {
            assert!(fields.contains_key(name.as_str().unwrap()), "{at}: {name} is missing in {value}");
        }
        if let Some(ways) = schema["oneOf"].as_array() {
            let has = |way: &&Value| {
                way["required"].as_array().unwrap().iter().all(|name| fields.contains_key(name.as_str().unwrap()))
            };
            assert_eq!(ways.iter().filter(has).count(), 1, "{at}: {value}");
        }
        for (name, field) in fields {
            let known = &schema["properties"][name];
            let described = if known.is_null() { &schema["additionalProperties"] } else { known };
            assert!(described.is_object(), "{at}: nothing says what {name} is");
            self.check(described, field, &format!("{at}.{name}"));
        }
    }
}
