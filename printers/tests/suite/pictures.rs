//! The drawn paper.

use printers::{Profile, font, picture, receipt_bytes};

#[test]
fn a_demo_receipt_is_drawn() {
    let font = font::system().unwrap();
    for (columns, name) in [(32, "paper-58"), (48, "paper-80")] {
        let profile = Profile { columns, cut: true };
        let bytes = receipt_bytes(&super::receipt(&vec!["东北大米 5kg".to_owned(); 3]), profile).unwrap();
        let drawn = picture::draw(&bytes, profile.dots(), &font);
        assert_eq!(drawn.width, columns * 12);
        if let Some(dir) = std::env::var_os("JIHUI_PICTURES") {
            std::fs::write(std::path::Path::new(&dir).join(name).with_extension("png"), drawn.png()).unwrap();
        }
    }
}
