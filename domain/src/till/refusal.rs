//! What a till refuses, in words that a cashier can read out and act on.

use crate::disk::DiskTrouble;

/// Why an event changed nothing, and what to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "each variant's sentence says what it means")]
pub enum Refusal {
    NotSignedIn,
    WrongPin,
    PinWait { seconds: u64 },
    NoShift,
    ShiftOpen,
    NotEnrolled,
    UnknownProduct(String),
    NoPrice(String),
    UnknownLine(u32),
    BadQuantity(String),
    LineTooLarge,
    BasketFull,
    BasketEmpty,
    BasketNotEmpty,
    PaymentStarted,
    BadCredential(String),
    NotFound,
    NotEligible { status: &'static str },
    RosterTooOld { days: i64 },
    NoRoster,
    NotOneOfTheirHouseholds,
    NotVerified,
    UnknownProgramme(String),
    BadAmount(String),
    TooMuch,
    CashTooMuch,
    NothingParked,
    UnknownSale(String),
    ReturnTooMuch { line: u32, left: String },
    ManagerNeeded,
    Busy,
    Locked,
    LockedByAnother(String),
    BadLabel(String),
    NothingToRepeat,
    WaiveTooMuch(String),
    NoReason,
    TotalChanged(String),
    NothingToClaim,
    NotBeside,
    OnlyBeside,
    SlipUsed(String),
    BadSlip(String),
    SlipOpen,
    PaymentCode,
    NotOwnSale(String),
    Offline,
    NoPrinter,
    Disk(DiskTrouble),
    Failed(String),
}

impl Refusal {
    /// The sentence in Chinese.
    pub fn zh(&self) -> String {
        match self {
            Self::NotSignedIn => "请先登录。".into(),
            Self::WrongPin => "工号或密码不对，请重新输入。".into(),
            Self::PinWait { seconds } => {
                format!("这个工号的密码输错太多次，请 {seconds} 秒后再试；忘记密码请店长重设。")
            }
            Self::NoShift => "还没有开班，请先开班。".into(),
            Self::ShiftOpen => "已经开班了，可以直接收银。".into(),
            Self::NotEnrolled => "这台收银台还没有注册，请店长用总部给的注册码注册。".into(),
            Self::UnknownProduct(code) => {
                format!("没有找到商品 {code}，请核对条码，或让店长把它加进商品目录。")
            }
            Self::NoPrice(code) => format!("商品 {code} 本店没有定价，请店长先定价。"),
            Self::UnknownLine(line) => format!("没有第 {line} 行，请看屏幕上的行号。"),
            Self::BadQuantity(text) => format!("数量“{text}”不对：计件填整数，称重最多三位小数。"),
            Self::LineTooLarge => "这一行的金额太大，请改小数量。".into(),
            Self::BasketFull => "这一单行数太多，请先收款，再开一单。".into(),
            Self::BasketEmpty => "还没有商品，请先扫码。".into(),
            Self::BasketNotEmpty => "当前这一单还没结束，请先收款、挂单或整单取消。".into(),
            Self::PaymentStarted => "已经开始收款，请收完，或整单取消。".into(),
            Self::BadCredential(_) => "号码不对，请再看一遍证件或卡，重新输入。".into(),
            Self::NotFound => "名册里没有查到，请核对号码；可以先按正常价结账，并请联系社区或慈善总会。".into(),
            Self::NotEligible { .. } => {
                "今天暂时不能享受惠民优惠，可以按正常价结账；有疑问请联系社区或慈善总会。".into()
            }
            Self::RosterTooOld { days } => {
                format!("名册已有 {days} 天没有更新，暂停优惠；请店长连上网络同步一次。")
            }
            Self::NoRoster => "本机还没有名册，请店长连上网络同步一次。".into(),
            Self::NotOneOfTheirHouseholds => "这位顾客不能替这一户购买，请重新选择。".into(),
            Self::NotVerified => "还没有核验，请先刷卡或输入号码。".into(),
            Self::UnknownProgramme(code) => {
                format!("这一户没有可用的项目 {code}，请从显示的项目里选。")
            }
            Self::BadAmount(text) => format!("金额“{text}”不对，请填元，最多两位小数。"),
            Self::TooMuch => "金额超过应收，非现金不能找零，请改成应收金额。".into(),
            Self::CashTooMuch => "现金金额过大，请核对后重新输入。".into(),
            Self::NothingParked => "没有这一张挂单，请看挂单列表。".into(),
            Self::UnknownSale(number) => format!("本机没有小票 {number}，请核对小票号。"),
            Self::ReturnTooMuch { line, left } => {
                format!("第 {line} 行最多还能退 {left}，请改小数量。")
            }
            Self::ManagerNeeded => "这一步需要店长，请店长输入工号和密码。".into(),
            Self::Busy => "上一步还没有完成，请稍等。".into(),
            Self::Locked => "款台已锁，请输入密码解锁。".into(),
            Self::LockedByAnother(staff) => format!("{staff} 的一单还没结束，请本人或店长解锁。"),
            Self::BadLabel(code) => format!("秤签 {code} 读得不对，请重新过秤、重新打签。"),
            Self::NothingToRepeat => "没有可以重复的商品，请先扫一件。".into(),
            Self::WaiveTooMuch(most) => format!("最多可以让零 {most} 元，更多请店长批准。"),
            Self::NoReason => "请写上原因。".into(),
            Self::TotalChanged(due) => format!("应收变成了 {due} 元，请看清后再按一次。"),
            Self::NothingToClaim => "这一单没有惠民优惠，请直接在收银机收款。".into(),
            Self::NotBeside => "这台款台自己收款，请按收款。".into(),
            Self::OnlyBeside => "这台款台在旁边办惠民优惠，请在收银机收款。".into(),
            Self::SlipUsed(no) => format!("手工单 {no} 已经补录过，请核对单号。"),
            Self::BadSlip(text) => format!("手工单“{text}”不对：单号是字母和数字，日期不晚于今天。"),
            Self::SlipOpen => "正在补录手工单，请先补完或整单取消。".into(),
            Self::PaymentCode => "这像付款码或证件号码，没有保存。收款请用扫码盒或收款码；核验请先按核验。".into(),
            Self::NotOwnSale(number) => {
                format!("小票 {number} 是别的款台的，本机退不了这一步；请联网再查，或到原款台退。")
            }
            Self::NoPrinter => "还没有设置打印机，请店长先设置。".into(),
            Self::Offline => "现在连不上总部，请稍后再试，或到原款台办理。".into(),
            Self::Disk(trouble) => trouble.zh().into(),
            Self::Failed(problem) => {
                format!("没有完成：{problem}。这一单没有变，请重试或联系店长。")
            }
        }
    }

    /// The sentence in English.
    pub fn en(&self) -> String {
        match self {
            Self::NotSignedIn => "Sign in first.".into(),
            Self::WrongPin => "Staff code or PIN is wrong; enter them again.".into(),
            Self::PinWait { seconds } => format!(
                "Too many wrong PINs for this staff code: wait {seconds} seconds. If the PIN is forgotten, the manager sets a new one."
            ),
            Self::NoShift => "No shift is open; open one first.".into(),
            Self::ShiftOpen => "A shift is open already; go on selling.".into(),
            Self::NotEnrolled => "This till is not enrolled; the manager enrols it with headquarters' code.".into(),
            Self::UnknownProduct(code) => format!("No product {code}; check the code, or let the manager add it."),
            Self::NoPrice(code) => format!("Product {code} has no price here; the manager sets one first."),
            Self::UnknownLine(line) => format!("There is no line {line}; look at the numbers on the screen."),
            Self::BadQuantity(text) => {
                format!("Quantity `{text}` is wrong: pieces are whole, weights have at most three decimals.")
            }
            Self::LineTooLarge => "The line's amount is too large; lower the quantity.".into(),
            Self::BasketFull => "The basket has too many lines; take payment and start another.".into(),
            Self::BasketEmpty => "There are no goods yet; scan some first.".into(),
            Self::BasketNotEmpty => "A basket is open; take payment, park it or clear it first.".into(),
            Self::PaymentStarted => "Payment has begun; finish it, or clear the basket.".into(),
            Self::BadCredential(problem) => format!("The number is wrong ({problem}); read the card again."),
            Self::NotFound => {
                "Not found in the roster; check the number. The goods can be bought at the regular price; ask the community or the federation.".into()
            }
            // The queue can read the screen: which status it is, is not said.
            Self::NotEligible { .. } => {
                "No discount today; the goods can be bought at the regular price. For questions, ask the community or the federation.".into()
            }
            Self::RosterTooOld { days } => {
                format!("The roster is {days} days old, so discounts stop; connect and sync once.")
            }
            Self::NoRoster => "The till has no roster yet; connect and sync once.".into(),
            Self::NotOneOfTheirHouseholds => "This person does not shop for that household; choose again.".into(),
            Self::NotVerified => "Nobody is verified; show a card or type a number first.".into(),
            Self::UnknownProgramme(code) => format!("The household has no programme {code}; choose one that is shown."),
            Self::BadAmount(text) => format!("Amount `{text}` is wrong; give yuan with at most two decimals."),
            Self::TooMuch => "The amount is above what is due, and only cash gives change; enter what is due.".into(),
            Self::CashTooMuch => "That is a lot of cash; check the amount and enter it again.".into(),
            Self::NothingParked => "There is no such parked basket; look at the list.".into(),
            Self::UnknownSale(number) => format!("This till has no receipt {number}; check the number."),
            Self::ReturnTooMuch { line, left } => {
                format!("At most {left} of line {line} can still come back; lower the quantity.")
            }
            Self::ManagerNeeded => "This needs a manager's staff code and PIN.".into(),
            Self::Busy => "The last step is not finished yet; wait a moment.".into(),
            Self::Locked => "The till is locked; enter a PIN.".into(),
            Self::LockedByAnother(staff) => {
                format!("A basket of {staff} is open; {staff} or a manager unlocks the till.")
            }
            Self::BadLabel(code) => format!("Label {code} reads wrong; weigh the goods again for a new label."),
            Self::NothingToRepeat => "There is nothing to repeat; scan something first.".into(),
            Self::WaiveTooMuch(most) => format!("At most {most} may be waived; a manager can allow more."),
            Self::NoReason => "Give the reason.".into(),
            Self::TotalChanged(due) => format!("What is due is now {due}; look at it and press again."),
            Self::NothingToClaim => "No programme takes part; take the payment at the other till.".into(),
            Self::NotBeside => "This till takes payments itself; press Pay.".into(),
            Self::OnlyBeside => "This till stands beside another; take the payment there.".into(),
            Self::SlipUsed(no) => format!("Manual slip {no} was entered before; check its number."),
            Self::BadSlip(text) => {
                format!("Manual slip `{text}` is wrong: letters and figures, and no date after today.")
            }
            Self::SlipOpen => "A manual slip is being entered; finish it or clear the basket.".into(),
            Self::PaymentCode => {
                "This looks like a payment code or an ID number and was not kept. Take payments on the payment device; press Verify for a household.".into()
            }
            Self::NotOwnSale(number) => {
                format!("Receipt {number} is another till's; look it up online, or go to that till.")
            }
            Self::NoPrinter => "No printer is set; the manager sets one first.".into(),
            Self::Offline => "Headquarters cannot be reached now; try later, or go to the till of the receipt.".into(),
            Self::Disk(trouble) => trouble.en().into(),
            Self::Failed(problem) => {
                format!("Not done: {problem}. The sale is as it was; try again or call the manager.")
            }
        }
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.zh(), self.en())
    }
}
