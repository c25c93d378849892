//! The console in a real browser.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use fantoccini::key::Key;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::json;

use crate::site::{PASSWORD, Site};

/// A browser and its driver.
struct Browser {
    driver: Child,
    profile: tempfile::TempDir,
    port: u16,
}

impl Drop for Browser {
    fn drop(&mut self) {
        // It may have ended by itself.
        self.driver.kill().ok();
        self.driver.wait().ok();
    }
}

impl Browser {
    /// A test of a browser without one fails, and says what to install.
    fn start() -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let driver = Command::new("chromedriver")
            .arg(format!("--port={port}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver is installed (Debian: chromium chromium-driver)");
        Self { driver, profile: tempfile::tempdir().unwrap(), port }
    }

    async fn open(&self, width: u32, height: u32, lang: &str) -> Client {
        let args = [
            "--headless".to_owned(),
            "--no-sandbox".into(),
            "--disable-gpu".into(),
            "--no-first-run".into(),
            "--disable-background-networking".into(),
            "--disable-component-update".into(),
            "--disable-sync".into(),
            "--hide-scrollbars".into(),
            format!("--lang={lang}"),
            format!("--window-size={width},{height}"),
            format!("--user-data-dir={}", self.profile.path().join(lang).display()),
        ];
        let options = json!({ "args": args, "prefs": { "intl.accept_languages": lang } });
        let capabilities = [("goog:chromeOptions".to_owned(), options)].into_iter().collect();
        let until = Instant::now() + Duration::from_secs(20);
        loop {
            let mut builder = ClientBuilder::new(HttpConnector::new());
            builder.capabilities(capabilities_of(&capabilities));
            match builder.connect(&format!("http://127.0.0.1:{}", self.port)).await {
                Ok(client) => return client,
                Err(err) => assert!(Instant::now() < until, "no browser: {err}"),
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

fn capabilities_of(map: &serde_json::Map<String, serde_json::Value>) -> fantoccini::wd::Capabilities {
    map.clone()
}

/// Runs a story in a browser. Headquarters' folder stays until the story ends, whatever it uses.
fn with_browser(story: impl AsyncFnOnce(&Site, &Browser)) {
    with_browser_on(&Site::open(), story);
}

fn with_browser_on(site: &Site, story: impl AsyncFnOnce(&Site, &Browser)) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(story(site, &Browser::start()));
}

async fn sign_in_by_keys(client: &Client, url: &str, name: &str) {
    client.goto(url).await.unwrap();
    // The first field has the focus.
    let keys = format!("{name}{}{PASSWORD}{}", char::from(Key::Tab), char::from(Key::Enter));
    client.active_element().await.unwrap().send_keys(&keys).await.unwrap();
    if client.wait().at_most(Duration::from_secs(10)).for_element(Locator::Css("nav")).await.is_err() {
        panic!("{name} is not signed in: {}", client.source().await.unwrap());
    }
}

async fn text(client: &Client, css: &str) -> String {
    client.wait().for_element(Locator::Css(css)).await.unwrap().text().await.unwrap()
}

async fn width(client: &Client) -> u64 {
    let script = "return document.scrollingElement.scrollWidth";
    client.execute(script, Vec::new()).await.unwrap().as_u64().unwrap()
}

/// The pictures of the readme. They are taken of a month of sales and kept in the folder that
/// `JIHUI_PICTURES` names (from the project's root on); without it they are taken of a few claims, and only looked at.
#[test]
fn pages_have_their_pictures_taken() {
    let folder = std::env::var_os("JIHUI_PICTURES");
    let site = if folder.is_some() { Site::after(30, 300) } else { Site::open() };
    let statement = crate::money::statement(&site);
    with_browser_on(&site, async |site, browser| {
        let client = browser.open(1366, 768, "zh-CN").await;
        // A window's size counts its frame: the picture's does not.
        let path = format!("session/{}/goog/cdp/execute", client.session_id().await.unwrap().unwrap());
        let metrics = json!({ "cmd": "Emulation.setDeviceMetricsOverride",
            "params": { "width": 1366, "height": 768, "deviceScaleFactor": 1, "mobile": false } });
        narrow(browser.port, &path, &metrics);
        let claims = site.lab.claims();
        let held =
            claims.iter().find(|c| c["state"] == "held").unwrap_or(&claims[0])["id"].as_str().unwrap().to_owned();
        let household: String =
            site.lab.db().conn.value("SELECT household FROM claims ORDER BY id LIMIT 1", hq::params![]).unwrap();
        let mut signed_in = "";
        for (name, role, place) in pictures(&held, &household, &statement) {
            if role != signed_in {
                client.delete_all_cookies().await.unwrap();
                sign_in_by_keys(&client, &site.server.url, role).await;
                signed_in = role;
            }
            client.goto(&format!("{}/console/{place}", site.server.url)).await.unwrap();
            assert_ne!(text(&client, "h1").await, "", "{name}");
            let picture = client.screenshot().await.unwrap();
            assert!(picture.starts_with(b"\x89PNG"), "{name}");
            if let Some(folder) = &folder {
                std::fs::write(tests::root().join(folder).join(name).with_extension("png"), picture).unwrap();
            }
        }
        client.close().await.unwrap();
    });
}

/// Names of the pictures, who sees the page, and where it is.
fn pictures(held: &str, household: &str, statement: &str) -> Vec<(&'static str, &'static str, String)> {
    [
        ("console-claims", "reviewer", "claims"),
        ("console-claim", "reviewer", &format!("claims/{held}")),
        ("console-usage", "reviewer", "usage"),
        ("console-review", "reviewer", "review"),
        ("console-signs", "reviewer", "signs"),
        ("console-programme", "reviewer", "programme-drafts?code=MEAT"),
        ("console-funds", "accountant", "funds"),
        ("console-settlement", "accountant", "settlement"),
        ("console-statement", "accountant", &format!("settlement/batch/{statement}")),
        ("console-store", "accountant", "stores/register/S001"),
        ("console-what-if", "accountant", "what-if"),
        ("console-peers", "accountant", "usage/stores"),
        ("console-disclosure", "accountant", "disclosure"),
        ("console-payments", "payer", "settlement/payments"),
        ("console-unreached", "roster", "unreached"),
        ("console-roster", "roster", "roster"),
        ("console-household", "roster", &format!("households/{household}")),
        ("console-people", "admin", "people"),
        ("console-audit", "auditor", "audit"),
        ("console-shop", "manager", "shop"),
        ("console-stock", "manager", "shop/stock"),
        ("console-prices", "manager", "shop/prices"),
    ]
    .map(|(name, role, place)| (name, role, place.to_owned()))
    .to_vec()
}

/// Pages as somebody of a role sees them, kept in a folder.
pub fn look(site: &Site, folder: &std::path::Path, role: &str, places: &[&str]) {
    with_browser_on(site, async |site, browser| {
        let client = browser.open(1366, 1400, "zh-CN").await;
        sign_in_by_keys(&client, &site.server.url, role).await;
        for place in places {
            client.goto(&format!("{}/console/{place}", site.server.url)).await.unwrap();
            let name = format!("{role}-{}.png", place.replace('/', "-"));
            std::fs::write(folder.join(name), client.screenshot().await.unwrap()).unwrap();
        }
        client.close().await.unwrap();
    });
}

#[test]
fn a_reviewer_finds_a_claim_by_keys_alone() {
    with_browser(async |site, browser| {
        let client = browser.open(1366, 768, "zh-CN").await;
        let url = site.server.url.clone();
        sign_in_by_keys(&client, &url, "reviewer").await;
        assert_eq!(text(&client, "h1").await, "待办");
        client.goto(&format!("{url}/console/claims")).await.unwrap();
        // From the skip link on, Tab reaches every filter; Enter in one sends the form.
        let sale = client.find(Locator::Css("#sale")).await.unwrap();
        let first = site.lab.claims()[0]["sale"].as_str().unwrap().to_owned();
        sale.send_keys(&format!("{first}{}", char::from(Key::Enter))).await.unwrap();
        client.wait().for_element(Locator::Css(&format!("#sale[value='{first}']"))).await.unwrap();
        let address = client.current_url().await.unwrap();
        assert!(address.query().unwrap().contains(&format!("sale={first}")), "{address}");
        assert_eq!(client.find_all(Locator::Css("tbody tr")).await.unwrap().len(), 1);
        let link = client.find(Locator::Css("tbody a")).await.unwrap();
        link.send_keys(&char::from(Key::Enter).to_string()).await.unwrap();
        client.wait().for_element(Locator::Css("dl")).await.unwrap();
        assert!(text(&client, "h1").await.contains(&first));
        client.goto(&format!("{url}/console/usage")).await.unwrap();
        // The only month in which anything was given.
        assert_eq!(client.find_all(Locator::Css("g.month")).await.unwrap().len(), 1);
        client.close().await.unwrap();
    });
}

#[test]
fn the_language_changes_and_stays() {
    with_browser(async |site, browser| {
        let client = browser.open(1366, 768, "zh-CN").await;
        sign_in_by_keys(&client, &site.server.url, "auditor").await;
        client.goto(&format!("{}/console/claims?store=S002", site.server.url)).await.unwrap();
        client.find(Locator::XPath("//button[text()='English']")).await.unwrap().click().await.unwrap();
        client.wait().for_element(Locator::XPath("//h1[text()='Claims']")).await.unwrap();
        let here = client.current_url().await.unwrap();
        assert_eq!((here.path(), here.query()), ("/console/claims", Some("store=S002")));
        client.goto(&format!("{}/console/stores", site.server.url)).await.unwrap();
        assert_eq!(text(&client, "h1").await, "Stores and tills");
        client.close().await.unwrap();
    });
}

#[test]
fn a_telephone_shows_every_page_without_scrolling_sideways() {
    with_browser(async |site, browser| {
        for name in ["auditor", "roster"] {
            // Browsers open no window narrower than 500: the viewport is told to be.
            let client = browser.open(500, 800, if name == "auditor" { "zh-CN" } else { "en" }).await;
            client.set_window_size(500, 800).await.unwrap();
            let metrics = json!({ "cmd": "Emulation.setDeviceMetricsOverride",
                "params": { "width": 360, "height": 740, "deviceScaleFactor": 1, "mobile": false } });
            let path = format!("session/{}/goog/cdp/execute", client.session_id().await.unwrap().unwrap());
            narrow(browser.port, &path, &metrics);
            sign_in_by_keys(&client, &site.server.url, name).await;
            let links = client.find_all(Locator::Css("nav li a")).await.unwrap();
            let mut places = Vec::new();
            for link in links {
                places.push(link.attr("href").await.unwrap().unwrap());
            }
            assert!(places.len() > 3);
            places.push(slip_of(site));
            for place in places {
                client.goto(&format!("{}{place}", site.server.url)).await.unwrap();
                let open = "document.querySelectorAll('details').forEach(d => d.open = true)";
                client.execute(open, Vec::new()).await.unwrap();
                assert_eq!(width(&client).await, 360, "{place}");
            }
            client.close().await.unwrap();
        }
    });
}

/// The page behind the code of a slip, for whoever was given one.
fn slip_of(site: &Site) -> String {
    let conn = rusqlite::Connection::open(site.lab.hq_dir().join("hq.db")).unwrap();
    let sql = "SELECT uuid, substr(hash, 1, 16) FROM records WHERE kind = 'claim' LIMIT 1";
    conn.query_row(sql, [], |row| Ok(format!("/r/{}.{}", row.get::<_, String>(0)?, row.get::<_, String>(1)?))).unwrap()
}

/// A command of Chromium's own, which WebDriver has no word for.
fn narrow(port: u16, path: &str, command: &serde_json::Value) {
    let body = command.to_string();
    let response =
        ureq::post(format!("http://127.0.0.1:{port}/{path}")).header("content-type", "application/json").send(body);
    assert_eq!(response.unwrap().status().as_u16(), 200);
}

#[test]
fn ten_cards_fit_on_a_sheet() {
    with_browser(async |site, browser| {
        let client = browser.open(1366, 768, "zh-CN").await;
        sign_in_by_keys(&client, &site.server.url, "roster").await;
        client.goto(&format!("{}/console/cards", site.server.url)).await.unwrap();
        let path = format!("session/{}/goog/cdp/execute", client.session_id().await.unwrap().unwrap());
        let media = json!({ "cmd": "Emulation.setEmulatedMedia", "params": { "media": "print" } });
        narrow(browser.port, &path, &media);
        let script = "const card = document.querySelector('.benefit').getBoundingClientRect();
            const sheet = getComputedStyle(document.querySelector('.sheet'));
            const column = document.querySelector('nav');
            return [card.width, card.height, parseFloat(sheet.rowGap), column.getBoundingClientRect().width]";
        let found = client.execute(script, Vec::new()).await.unwrap();
        let tenths: Vec<i64> =
            found.as_array().unwrap().iter().map(|px| px.to_string()).map(|px| tenths(&px)).collect();
        // In tenths of a pixel, 96 of which are 25.4 mm: the size of a bank card.
        assert!((tenths[0] - 3235).abs() <= 5 && (tenths[1] - 2041).abs() <= 5, "{tenths:?}");
        let five_rows = 5 * tenths[1] + 4 * tenths[2];
        assert!(five_rows <= 281 * 960 * 10 / 254, "five rows stand within the margins of A4: {tenths:?}");
        assert_eq!(tenths[3], 0, "the column of places is not printed");
        client.close().await.unwrap();
    });
}

/// Tenths of a decimal number.
fn tenths(number: &str) -> i64 {
    let (whole, rest) = number.split_once('.').unwrap_or((number, "0"));
    whole.parse::<i64>().unwrap() * 10 + rest[..1].parse::<i64>().unwrap()
}

#[test]
fn an_expired_session_asks_again_and_goes_on() {
    with_browser(async |site, browser| {
        let client = browser.open(1366, 768, "zh-CN").await;
        sign_in_by_keys(&client, &site.server.url, "reviewer").await;
        let lab = &site.lab;
        // A database has its own runtime, which this one does not let in.
        std::thread::scope(|scope| {
            scope.spawn(|| lab.db().conn.execute("UPDATE sessions SET seen_at = 0", &[]).unwrap());
        });
        client.goto(&format!("{}/console/programmes", site.server.url)).await.unwrap();
        assert!(text(&client, ".notice").await.contains("已为您退出"));
        let keys = format!("reviewer{}{PASSWORD}{}", char::from(Key::Tab), char::from(Key::Enter));
        client.active_element().await.unwrap().send_keys(&keys).await.unwrap();
        client.wait().for_element(Locator::XPath("//h1[text()='项目']")).await.unwrap();
        client.close().await.unwrap();
    });
}
