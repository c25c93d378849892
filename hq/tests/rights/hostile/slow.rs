//! Clients that are slow, or many, at a real socket.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use hq::serve::{Bounds, on};

use crate::lab::Lab;

/// Headquarters at a socket, with so little patience.
fn served(lab: &Lab, bounds: Bounds) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (address, hq) = (listener.local_addr().unwrap(), Arc::clone(&lab.hq));
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(on(hq, listener, None, axum_server::Handle::new(), bounds)).ok();
    });
    address
}

fn bounds() -> Bounds {
    let soon = Duration::from_millis(400);
    Bounds { connections: 8, from_one: 8, head: soon, body: soon, idle: soon * 3 }
}

const ASK: &[u8] = b"GET /v1/time?nonce=abc HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

fn asks(address: SocketAddr) -> String {
    let mut client = TcpStream::connect(address).unwrap();
    client.write_all(ASK).unwrap();
    let mut said = String::new();
    client.read_to_string(&mut said).ok();
    said
}

/// Sends a byte at a time, until the other side has enough; what it said.
fn drips(address: SocketAddr, first: &[u8]) -> Vec<u8> {
    let mut client = TcpStream::connect(address).unwrap();
    client.write_all(first).unwrap();
    client.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
    let (start, mut said) = (Instant::now(), Vec::new());
    let mut buffer = [0; 4096];
    while start.elapsed() < Duration::from_secs(60) {
        match client.read(&mut buffer) {
            Ok(0) => return said,
            Ok(count) => said.extend(&buffer[..count]),
            Err(err) if matches!(err.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut) => {
                if client.write_all(b"x").is_err() {
                    return said;
                }
            }
            Err(_) => return said,
        }
    }
    panic!("nobody closed the connection: {}", String::from_utf8_lossy(&said));
}

#[test]
fn a_head_or_body_that_never_ends_is_cut_off() {
    let lab = Lab::open();
    let address = served(&lab, bounds());
    // Nothing but a byte now and then; a head that goes on; a body of which little comes.
    drips(address, b"");
    drips(address, b"GET /v1/time HTTP/1.1\r\nX: ");
    let said = drips(address, b"POST /v1/enrolments HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n");
    assert!(String::from_utf8_lossy(&said).starts_with("HTTP/1.1 400"), "{}", String::from_utf8_lossy(&said));
    let form = "POST /console/sign-in HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 9000\r\n\r\n";
    let said = drips(address, form.as_bytes());
    assert!(String::from_utf8_lossy(&said).starts_with("HTTP/1.1 4"), "{}", String::from_utf8_lossy(&said));
    assert!(asks(address).starts_with("HTTP/1.1 200"));
}

#[test]
fn a_head_that_is_too_long_is_refused() {
    let lab = Lab::open();
    let address = served(&lab, Bounds { head: Duration::from_secs(30), ..bounds() });
    let mut client = TcpStream::connect(address).unwrap();
    client.write_all(b"GET /v1/time HTTP/1.1\r\nX: ").unwrap();
    let mut sent = 0;
    // It stops reading, says no, or both.
    while sent < 4 << 20 && client.write_all(&[b'x'; 4096]).is_ok() {
        sent += 4096;
    }
    let mut said = Vec::new();
    client.read_to_end(&mut said).ok();
    assert!(said.is_empty() || said.starts_with(b"HTTP/1.1 431"), "{}", String::from_utf8_lossy(&said));
    assert!(asks(address).starts_with("HTTP/1.1 200"));
}

#[test]
fn connections_that_do_nothing_hold_their_place_for_a_while_only() {
    let lab = Lab::open();
    let address = served(&lab, bounds());
    let idle: Vec<TcpStream> = (0..8).map(|_| TcpStream::connect(address).unwrap()).collect();
    // Whoever comes now may find no place; when the idle ones are closed there is one again.
    let start = Instant::now();
    while !asks(address).starts_with("HTTP/1.1 200") {
        assert!(start.elapsed() < Duration::from_secs(60), "no place became free");
        std::thread::sleep(Duration::from_millis(20));
    }
    drop(idle);
}

#[test]
fn whoever_reads_nothing_of_an_answer_is_let_go() {
    let lab = Lab::open();
    let address = served(&lab, Bounds { connections: 1, ..bounds() });
    let mut client = TcpStream::connect(address).unwrap();
    // Many answers are asked for, none is read: the line fills, and nothing moves on it.
    let many = b"GET /v1/openapi.json HTTP/1.1\r\nHost: x\r\n\r\n".repeat(400);
    client.write_all(&many).ok();
    let start = Instant::now();
    while !asks(address).starts_with("HTTP/1.1 200") {
        assert!(start.elapsed() < Duration::from_secs(60), "it still holds the only place");
        std::thread::sleep(Duration::from_millis(50));
    }
}
