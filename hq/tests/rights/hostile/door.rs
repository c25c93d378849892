//! The console's door: cookies, other sites, headers, guesses.

use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::Request;
use hq::service::access::Role;

use crate::lab::{Answer, Lab, PASSWORD};
use crate::walk::routes;

fn form(lab: &Lab, headers: &[(&str, &str)], path: &str, body: &str) -> Answer {
    let mut request = Request::post(path).header("content-type", "application/x-www-form-urlencoded");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    lab.send(request.body(Body::from(body.to_owned())).unwrap())
}

#[test]
fn another_site_sends_no_form() {
    let lab = Lab::open();
    lab.everybody();
    let admin = lab.signed_in("admin");
    for route in routes().into_iter().filter(|route| route.post) {
        let path = route.with(&[]);
        for (name, value) in [
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
            ("origin", "https://evil.example"),
            ("origin", "null"),
        ] {
            let headers = [("cookie", admin.cookie.as_str()), ("host", "hq.example"), (name, value)];
            let answer = form(&lab, &headers, &path, "name=x");
            assert_eq!(answer.status, 403, "{path} with {name}: {value}");
        }
    }
}

#[test]
fn the_session_is_new_at_each_sign_in_and_its_cookie_is_closed() {
    let lab = Lab::open();
    lab.user("boss", Role::Admin, None, None);
    // A session that somebody else chose is not taken over.
    let chosen = format!("jihui_session={}", "a".repeat(52));
    let sent = format!("name=boss&password={}", PASSWORD.replace(' ', "+"));
    let answer = form(&lab, &[("cookie", &chosen)], "/console/sign-in", &sent);
    let cookie = answer.header("set-cookie").to_owned();
    assert!(answer.status == 303 && !cookie.contains(&chosen), "{cookie}");
    for flag in ["Path=/", "HttpOnly", "SameSite=Lax"] {
        assert!(cookie.contains(flag), "{flag}: {cookie}");
    }
    assert!(!cookie.contains("Domain"), "{cookie}");
    let over_tls = form(&lab, &[("x-forwarded-proto", "https")], "/console/sign-in", &sent);
    assert!(over_tls.header("set-cookie").contains("Secure"));
    let with_chosen = lab.send(Request::get("/console").header("cookie", &chosen).body(Body::empty()).unwrap());
    assert_eq!(with_chosen.status, 303);
    // Two sign-ins, two sessions; signing out ends the one at once.
    let pair = |cookie: &str| cookie.split(';').next().unwrap().to_owned();
    let (first, second) = (pair(&cookie), pair(over_tls.header("set-cookie")));
    assert_ne!(first, second);
    form(&lab, &[("cookie", &first)], "/console/sign-out", "");
    let get =
        |cookie: &str| lab.send(Request::get("/console").header("cookie", cookie).body(Body::empty()).unwrap()).status;
    assert_eq!((get(&first), get(&second)), (303, 200));
}

#[test]
fn every_page_says_that_nothing_runs_is_framed_guessed_or_kept() {
    let lab = Lab::open();
    lab.everybody();
    for role in Role::ALL {
        let mut visitor = lab.signed_in(role.code());
        for route in routes().iter().filter(|route| route.get) {
            let path = route.with(&[]);
            let answer = visitor.get(&path);
            let policy = answer.header("content-security-policy");
            assert!(policy.contains("default-src 'none'") && !policy.contains("script-src"), "{path}: {policy}");
            assert!(
                !policy.contains("unsafe")
                    && policy.contains("frame-ancestors 'none'")
                    && policy.contains("form-action 'self'"),
                "{path}"
            );
            assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
            let cache = answer.header("cache-control");
            assert!(cache == "no-store" || path.ends_with("style.css"), "{path}: {cache}");
            let text = answer.text();
            assert!(
                !text.contains("<script") && !text.contains("javascript:") && !text.contains(" style=\""),
                "{path}"
            );
        }
    }
}

#[test]
fn nobody_is_sent_to_another_site() {
    let lab = Lab::open();
    lab.user("boss", Role::Admin, None, None);
    for next in [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "/console\\..\\..",
        "javascript:alert(1)",
        "/console/\r\nSet-Cookie:x=1",
        "/consolex",
        "\u{202E}/console",
    ] {
        let mut visitor = lab.visitor();
        let answer = visitor.post("/console/sign-in", &[("name", "boss"), ("password", PASSWORD), ("next", next)]);
        assert_eq!((answer.status, answer.header("location")), (303, "/console"), "{next:?}");
        assert_eq!(visitor.post("/console/language", &[("lang", "en"), ("next", next)]).header("location"), "/console");
    }
}

#[test]
fn guesses_from_one_address_are_slowed_whatever_names_they_try() {
    let lab = Lab::open();
    lab.user("boss", Role::Admin, None, None);
    let guess = |n: usize| {
        let body = format!("name=nobody{n}&password=guess");
        form(&lab, &[("x-forwarded-for", "198.51.100.7")], "/console/sign-in", &body).status
    };
    // A minute may end meanwhile.
    let said: Vec<u16> = (0..130).map(guess).collect();
    assert!(said.contains(&422) && said.iter().filter(|status| **status == 429).count() >= 10, "{said:?}");
    // Whoever sits elsewhere signs in.
    let sent = format!("name=boss&password={}", PASSWORD.replace(' ', "+"));
    assert_eq!(form(&lab, &[("x-forwarded-for", "198.51.100.8")], "/console/sign-in", &sent).status, 303);
}

#[test]
fn an_unknown_name_takes_as_long_as_a_known_one_and_reads_the_same() {
    let lab = Lab::open();
    lab.user("boss", Role::Admin, None, None);
    let once = |name: &str, n: usize| {
        let from = format!("198.51.100.{n}");
        let start = Instant::now();
        let answer =
            form(&lab, &[("x-forwarded-for", &from)], "/console/sign-in", &format!("name={name}&password=guess"));
        (start.elapsed(), answer.status, answer.text().replace(name, ""))
    };
    let (mut known, mut unknown) = (Duration::MAX, Duration::MAX);
    for n in 0..5 {
        let (a, b) = (once("boss", n), once("ghost", n + 100));
        assert_eq!((a.1, &a.2), (b.1, &b.2));
        known = known.min(a.0);
        unknown = unknown.min(b.0);
    }
    assert!(unknown * 3 > known && known * 3 > unknown, "{known:?} and {unknown:?}");
}

#[test]
fn odd_names_in_addresses_are_not_found() {
    let lab = Lab::open();
    lab.everybody();
    let mut admin = lab.signed_in("admin");
    let odd = [
        "..%2F..%2Fkeys.json",
        "%00",
        "%0d%0aX-Evil:1",
        "%E2%80%AE",
        "%27%20OR%201=1",
        "-1",
        "99999999999999999999",
        "%ff",
    ];
    for route in routes().into_iter().filter(|route| route.get && route.path.contains('{')) {
        for odd in odd {
            let mut path = route.path.clone();
            while let (Some(from), Some(to)) = (path.find('{'), path.find('}')) {
                path.replace_range(from..=to, odd);
            }
            let answer = admin.get(&path);
            assert!([200, 303, 400, 403, 404].contains(&answer.status), "{path}: {} {}", answer.status, answer.text());
            assert!(answer.headers.get("x-evil").is_none());
            let name = answer.header("content-disposition");
            assert!(!name.chars().any(|c| c.is_control() || c == '\u{202E}'), "{path}: {name}");
        }
    }
}
