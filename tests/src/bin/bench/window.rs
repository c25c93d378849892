//! The window without a display: what a frame costs, and how long a scan takes to be drawn. The
//! bare equivalent is a window of the same fonts and size with one label in it.

use std::time::{Duration, Instant};

use eframe::egui::Context;
use pos::app::{App, theme};
use tests::window::{FRAMES, TillFolder, app_frame, frame, label, measure, p99};

use crate::row;

/// Frame by frame.
pub fn rows(till: &TillFolder) {
    let font = printers::font::system().unwrap();
    let start = Instant::now();
    let empty = Context::default();
    theme::install(&empty, &font);
    let mut time = 0.0;
    frame(&empty, Vec::new(), &mut time, label);
    let bare_start = start.elapsed();
    let bare = p99((0..FRAMES).map(|_| frame(&empty, Vec::new(), &mut time, label)).collect());
    let start = Instant::now();
    let ctx = Context::default();
    let mut app = App::new(&ctx, &till.path(), &font).unwrap();
    app_frame(&ctx, &mut app, Vec::new(), &mut time);
    row("cold start to the first frame, 100,000 products", start.elapsed(), bare_start);
    drop(app);
    let drawn = measure(till);
    // What a person can tell apart: a frame of a display.
    let display = Duration::from_micros(16_667);
    row("scan to drawn line, p50, beside a frame at 60 Hz", drawn.scan_p50(), display);
    row("scan to drawn line, p99, beside a frame at 60 Hz", drawn.scan_p99(), display);
    row("frame with 200 lines and 100,000 products (pass and tessellation), p99", drawn.frame_p99(), bare);
}
