//! One thread for each device: it opens the line, listens, speaks, and comes back after a plug was
//! pulled.

use std::io::{ErrorKind, Read, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender, TryRecvError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::ThreadId;
use std::time::{Duration, Instant};

use serialport::ClearBuffer;

use super::sentence::Sentence;
use super::setting::{Kind, Setting};
use super::talk::{self, Order, Out, Talk};
use super::{DeviceEvent, State, Status, id_card};

/// Longest that a read waits: so long a device may take to notice what the till wants.
const LISTEN: Duration = Duration::from_millis(40);
/// Longest that a device may take no byte.
const STALL: Duration = Duration::from_secs(2);
/// Waits before the line is opened again, one after the other.
const BACKOFF: [Duration; 5] = [
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
    Duration::from_secs(5),
];
/// A line that held so long was a good one: the next wait is short again.
const GOOD: Duration = Duration::from_secs(3);
/// Longest that dropping waits for the thread. Closing a line whose device takes nothing can take
/// half a minute inside the system.
const FAREWELL: Duration = Duration::from_secs(1);
/// Orders that are taken between two reads.
const ORDERS: usize = 64;
/// Bytes of the last input that are kept for the tester.
const RAW: usize = 48;
/// For so long: it may be the number of a family's card.
const RAW_KEPT: Duration = Duration::from_secs(60);

/// Where events go.
pub type Tell = Arc<dyn Fn(DeviceEvent) + Send + Sync>;

/// A device at work. Dropping it stops it.
pub struct Runner {
    shared: Arc<Shared>,
    orders: Option<Sender<Order>>,
    ended: Receiver<()>,
    thread: Option<ThreadId>,
}

struct Shared {
    setting: Setting,
    stop: AtomicBool,
    now: Mutex<Now>,
    tell: Tell,
}

/// What a device's status is made of.
struct Now {
    state: State,
    raw: Vec<u8>,
    /// When the last of it came.
    heard: Instant,
}

impl Runner {
    /// Starts the thread.
    pub fn start(setting: Setting, tell: Tell) -> Self {
        let now = Now { state: State::Connecting, raw: Vec::new(), heard: Instant::now() };
        let shared = Arc::new(Shared { setting, stop: AtomicBool::new(false), now: Mutex::new(now), tell });
        let (orders, wanted) = mpsc::channel();
        let (ending, ended) = mpsc::channel();
        let of_thread = Arc::clone(&shared);
        let spawned = std::thread::Builder::new().name(shared.setting.kind.code().into()).spawn(move || {
            of_thread.run(&wanted);
            drop(ending);
        });
        if let Err(err) = &spawned {
            shared.set(State::Lost(Sentence::new(
                format!("设备线程启动失败，请重新启动收银机：{err}。"),
                format!("The device's thread did not start, restart the till: {err}"),
            )));
        }
        Self { shared, orders: Some(orders), ended, thread: spawned.ok().map(|handle| handle.thread().id()) }
    }

    /// What it is.
    pub fn kind(&self) -> Kind {
        self.shared.setting.kind
    }

    /// Wants something of the device.
    pub fn order(&self, order: Order) {
        // Without a thread the state says why nothing happens.
        self.orders.as_ref().and_then(|orders| orders.send(order).ok());
    }

    /// How it is.
    pub fn status(&self) -> Status {
        self.shared.forget_raw();
        let now = self.shared.now();
        let raw: Vec<String> = now.raw.iter().map(|byte| format!("{byte:02X}")).collect();
        Status {
            setting: self.shared.setting.clone(),
            state: now.state.clone(),
            last_raw: (!raw.is_empty()).then(|| raw.join(" ")),
        }
    }

    /// Tells the thread to end, without waiting for it.
    pub fn stop(&mut self) {
        self.shared.stop.store(true, Ordering::Relaxed);
        self.orders = None;
    }
}

impl Drop for Runner {
    fn drop(&mut self) {
        self.stop();
        // Whoever is told of an event may drop the device that told it.
        if self.thread.is_some_and(|thread| thread != std::thread::current().id()) {
            // Either it ended, or it is left to end by itself.
            self.ended.recv_timeout(FAREWELL).ok();
        }
    }
}

/// Why a line is no longer listened to.
enum End {
    /// The till stops.
    Stop,
    /// It broke.
    Lost(Sentence),
}

impl Shared {
    fn now(&self) -> MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, state: State) {
        let is_news = std::mem::replace(&mut self.now().state, state.clone()) != state;
        if is_news {
            (self.tell)(DeviceEvent::State(self.setting.kind, state));
        }
    }

    fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    fn run(&self, orders: &Receiver<Order>) {
        let mut talk = talk::of(&self.setting);
        let mut tries = 0;
        while !self.is_stopped() {
            let begun = Instant::now();
            let lost = match self.open() {
                Ok(mut port) => {
                    self.set(State::Connected);
                    match self.serve(&mut port, &mut *talk, orders) {
                        End::Stop => return,
                        End::Lost(sentence) => sentence,
                    }
                }
                Err(sentence) => sentence,
            };
            if begun.elapsed() >= GOOD {
                tries = 0;
            }
            self.set(State::Lost(lost));
            let wait = BACKOFF[tries.min(BACKOFF.len() - 1)];
            tries += 1;
            if self.wait(wait, &mut *talk, orders).is_stop() {
                return;
            }
        }
    }

    /// Waits before the next try; what is wanted meanwhile is answered or remembered.
    fn wait(&self, wait: Duration, talk: &mut dyn Talk, orders: &Receiver<Order>) -> Wait {
        let until = Instant::now() + wait;
        loop {
            match orders.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(order) => {
                    let mut out = Out::default();
                    talk.told(None, order, &mut out);
                    out.events.into_iter().for_each(|event| (self.tell)(event));
                }
                Err(RecvTimeoutError::Timeout) => return Wait::Over,
                Err(RecvTimeoutError::Disconnected) => return Wait::Stop,
            }
        }
    }

    fn open(&self) -> Result<Box<dyn serialport::SerialPort>, Sentence> {
        let Setting { path, baud, bits, parity, .. } = &self.setting;
        let port = serialport::new(path, *baud).data_bits(*bits).parity(*parity).timeout(LISTEN).open();
        let port = port.map_err(|err| cannot_open(path, &err))?;
        // What waited there was sent to nobody; a failure shows up at the first read.
        port.clear(ClearBuffer::Input).ok();
        Ok(port)
    }

    fn serve<P: Read + Write + ?Sized>(&self, port: &mut P, talk: &mut dyn Talk, orders: &Receiver<Order>) -> End {
        let opened = Instant::now();
        let mut out = Out::default();
        let mut input = [0; 512];
        talk.opened(&mut out);
        if let Err(end) = self.pass_on(port, &mut out) {
            return end;
        }
        loop {
            // A till that wants much must not keep the device from being heard.
            for _ in 0..ORDERS {
                match orders.try_recv() {
                    Ok(order) => talk.told(Some(opened.elapsed()), order, &mut out),
                    Err(TryRecvError::Empty) => break,
                    Err(TryRecvError::Disconnected) => return End::Stop,
                }
            }
            if let Err(end) = self.pass_on(port, &mut out) {
                return end;
            }
            match port.read(&mut input) {
                Ok(0) => return End::Lost(self.unplugged()),
                Ok(count) => {
                    let bytes = &mut input[..count];
                    self.keep_raw(bytes);
                    talk.heard(opened.elapsed(), bytes, &mut out);
                    id_card::wipe(bytes);
                }
                Err(err) if is_pause(err.kind()) => {
                    self.forget_raw();
                    talk.idle(opened.elapsed(), &mut out);
                }
                Err(_) => return End::Lost(self.unplugged()),
            }
        }
    }

    fn pass_on<P: Write + ?Sized>(&self, port: &mut P, out: &mut Out) -> Result<(), End> {
        out.events.drain(..).for_each(|event| (self.tell)(event));
        let bytes = std::mem::take(&mut out.bytes);
        let mut last = Instant::now();
        // Byte by byte: the system says that a line takes more as soon as it takes one byte, and then
        // holds a longer write until all of it went out, past any timeout.
        let mut rest = bytes.iter();
        let mut next = rest.next();
        while let Some(byte) = next {
            if self.is_stopped() {
                return Err(End::Stop);
            }
            match port.write(&[*byte]) {
                Ok(1..) => {
                    next = rest.next();
                    last = Instant::now();
                }
                Err(err) if is_pause(err.kind()) && last.elapsed() < STALL => {}
                Err(err) if is_pause(err.kind()) => return Err(End::Lost(self.takes_nothing())),
                Ok(0) | Err(_) => return Err(End::Lost(self.unplugged())),
            }
        }
        Ok(())
    }

    /// The last input, for whoever sets up a device. Of an ID card nothing is ever kept.
    fn keep_raw(&self, bytes: &[u8]) {
        if self.setting.kind == Kind::IdCard {
            return;
        }
        let mut now = self.now();
        now.heard = Instant::now();
        now.raw.extend_from_slice(bytes);
        let surplus = now.raw.len().saturating_sub(RAW);
        now.raw.drain(..surplus);
    }

    fn forget_raw(&self) {
        let mut now = self.now();
        if now.heard.elapsed() >= RAW_KEPT {
            id_card::wipe(&mut now.raw);
            now.raw.clear();
        }
    }

    fn unplugged(&self) -> Sentence {
        let name = self.setting.kind.name();
        Sentence::new(
            format!("{}断开了，请检查连线。", name.of(domain::lang::Lang::Zh)),
            format!("{} unplugged: check its cable", name.of(domain::lang::Lang::En)),
        )
    }

    fn takes_nothing(&self) -> Sentence {
        let name = self.setting.kind.name();
        Sentence::new(
            format!("{}不接收数据，请检查电源和连线。", name.of(domain::lang::Lang::Zh)),
            format!("{} takes no data: check its power and cable", name.of(domain::lang::Lang::En)),
        )
    }
}

#[derive(PartialEq)]
enum Wait {
    Over,
    Stop,
}

impl Wait {
    fn is_stop(&self) -> bool {
        *self == Self::Stop
    }
}

fn is_pause(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::TimedOut | ErrorKind::WouldBlock | ErrorKind::Interrupted)
}

fn cannot_open(path: &str, err: &serialport::Error) -> Sentence {
    use serialport::ErrorKind as Of;
    match err.kind() {
        Of::Io(ErrorKind::NotFound) => {
            Sentence::new(format!("找不到 {path}，请检查连线。"), format!("{path} is not there: check the cable"))
        }
        Of::Io(ErrorKind::PermissionDenied) => Sentence::new(
            format!("没有打开 {path} 的权限，请让管理员开通串口权限（dialout 组）。"),
            format!("No permission to open {path}: ask for access to serial ports (group dialout)"),
        ),
        Of::NoDevice => Sentence::new(
            format!("{path} 不在或被别的程序占用，请检查连线，关掉占用它的程序。"),
            format!("{path} is not there or in use: check the cable, close the program that uses it"),
        ),
        Of::Io(_) | Of::InvalidInput | Of::Unknown => Sentence::new(
            format!("打不开 {path}，请检查端口设置：{err}。"),
            format!("{path} cannot be opened, check the setting: {err}"),
        ),
    }
}
