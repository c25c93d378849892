//! The first start, without a command line.

use eframe::egui::Key;
use tests::{Lab, Till, data};

use crate::harness::{Window, window};

/// A till's folder with nothing in it.
pub fn bare() -> (Window, String) {
    let lab = Lab::with_households(5);
    let server = lab.serve();
    let code = lab.hq_ok(&["till", "add", "S001/01"]);
    let till = Till { dir: lab.dir.path().join("fresh") };
    (window(lab, Some(server), till), code.trim().to_owned())
}

#[test]
fn from_a_bare_folder_to_the_first_sale() {
    let (mut w, code) = bare();
    w.click("English");
    w.click("简体中文");
    w.click("下一步");
    let url = w.server.as_ref().unwrap().url.clone();
    w.fill("总部地址", &url);
    w.fill("注册码", "wrong.code");
    w.click("注册");
    w.expect("没有成功");
    w.fill("注册码", &code);
    w.click("注册");
    w.expect("本店商品和价格");
    w.fill("商品表", "/nowhere/products.csv");
    w.click("导入");
    w.expect("没有成功");
    w.fill("商品表", data().join("products.csv").to_str().unwrap());
    w.click("导入");
    w.expect("小票打印机");
    w.click("虚拟（存成图片）");
    w.click("打印测试页");
    w.expect("清楚、没有乱码吗");
    w.click("清楚");
    for (heading, staff, pin) in [("添加店长", "m1", "9999"), ("添加收银员", "c1", "1234")] {
        w.expect(heading);
        w.fill("工号（字母和数字）", staff);
        w.fill("密码（4 到 8 位数字）", pin);
        w.fill("再输一次密码", pin);
        w.click("添加");
    }
    w.expect("可以收银了");
    w.key(Key::Enter);
    w.wait_for("the first sync", |snap| snap.status.sync.rounds > 0 && snap.status.sync.error.is_none());
    w.start_selling();
    w.scan("6900000000014");
    w.scan(&tests::card_number(0));
    w.expect("已核验");
}
