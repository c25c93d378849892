//! Trying devices, and devices that are not there.

use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use domain::lang::Lang;
use serialport::SerialPort;

use super::{print, read_input, wrong_input};
use crate::devices::simulator::{Act, Peer, Simulator};
use crate::devices::{DeviceEvent, Devices, Kind, Protocol, Setting, State, ports};

/// The till's serial devices.
#[derive(Debug, clap::Subcommand)]
pub enum DevicesCommand {
    /// The serial ports of this machine.
    Ports,
    /// Open a device and say what it does.
    Try {
        /// scanner, id_card, scale or display
        #[arg(long)]
        kind: String,
        /// Where it is, such as serial:/dev/ttyUSB0?baud=9600&protocol=cas
        device: String,
        /// For so many seconds.
        #[arg(long, default_value_t = 30)]
        seconds: u32,
    },
    /// Play a device on a serial port.
    Simulate(Simulate),
}

/// A device to play.
#[derive(Debug, clap::Args)]
pub struct Simulate {
    /// scanner, id_card or scale
    #[arg(long)]
    pub kind: String,
    /// The port on which the till is at the other end; `pty` makes one and says its name.
    #[arg(long)]
    pub port: String,
    /// cas, toledo or generic for a scale; where it is not named, the usual one.
    #[arg(long)]
    pub protocol: Option<String>,
    /// Send weights of one's own accord.
    #[arg(long)]
    pub stream: bool,
    /// What happens, one line each: present NUMBER, foreign, remove, weigh GRAMS, moving GRAMS, over,
    /// negative GRAMS, scan CODE, wait MILLISECONDS. A dash is standard input.
    #[arg(long, default_value = "-")]
    pub script: String,
}

/// Does what the command says.
pub fn run(command: DevicesCommand) -> Result<()> {
    match command {
        DevicesCommand::Ports => list(),
        DevicesCommand::Try { kind, device, seconds } => try_out(&kind, &device, seconds),
        DevicesCommand::Simulate(args) => simulate(&args),
    }
}

/// The serial ports, one a line.
pub fn list() -> Result<()> {
    ports().into_iter().try_for_each(|port| print(format!("{}\t{}", port.path, port.name).trim_end()))
}

fn kind_of(text: &str) -> Result<Kind> {
    Kind::parse(text).ok_or_else(|| {
        let known: Vec<&str> = Kind::ALL.iter().map(|kind| kind.code()).collect();
        wrong_input(format!("`{text}`: the kind is one of {}", known.join(", ")))
    })
}

/// Opens a device and prints what it tells. Of an ID card only the end of the number is printed.
pub fn try_out(kind: &str, device: &str, seconds: u32) -> Result<()> {
    let kind = kind_of(kind)?;
    let setting = Setting::parse(kind, device).map_err(|sentence| wrong_input(sentence.to_string()))?;
    let (tell, told) = channel();
    // Whoever listens is gone only when this is over.
    let devices = Devices::start(vec![setting], move |event| drop(tell.send(event)));
    if kind == Kind::Scale {
        devices.ask_weight();
    }
    let until = Instant::now() + Duration::from_secs(seconds.into());
    while let Ok(event) = told.recv_timeout(until.saturating_duration_since(Instant::now())) {
        print(&describe(&event))?;
    }
    for raw in devices.status().into_iter().filter_map(|status| status.last_raw) {
        print(&format!("last bytes: {raw}"))?;
    }
    Ok(())
}

fn describe(event: &DeviceEvent) -> String {
    match event {
        DeviceEvent::Scanned(text) => format!("scanned {text:?}"),
        DeviceEvent::Card(card) => format!("card {card:?}"),
        DeviceEvent::CardTrouble(sentence) | DeviceEvent::ScaleTrouble(sentence) => sentence.to_string(),
        DeviceEvent::Weight { grams, stable } => {
            format!("{grams} g{}", if *stable { ", steady" } else { "" })
        }
        DeviceEvent::State(kind, state) => {
            let state = match state {
                State::Connecting => "connecting".into(),
                State::Connected => "connected".into(),
                State::Lost(sentence) => sentence.to_string(),
            };
            format!("{}: {state}", kind.name().of(Lang::En))
        }
    }
}

/// Plays a device until the script is over, and then unplugs it.
pub fn simulate(args: &Simulate) -> Result<()> {
    let kind = kind_of(&args.kind)?;
    let is_wanted = |protocol: &Protocol| args.protocol.as_deref().is_none_or(|code| code == protocol.code());
    let protocol = Protocol::of(kind).find(is_wanted);
    let protocol = protocol.ok_or_else(|| wrong_input(format!("a {} does not speak that", kind.code())))?;
    let Some(mut peer) = Peer::of(protocol) else {
        return Err(wrong_input(format!("a {} says nothing that could be played", kind.code())));
    };
    if let Peer::Scale(scale) = &mut peer {
        scale.streams |= args.stream;
    }
    let (port, _open) = open(protocol, &args.port)?;
    let device = Simulator::start(port, peer, 64).context("starting the device")?;
    if args.script == "-" {
        // Line by line, so that whoever types sees what comes of it.
        for line in std::io::stdin().lines() {
            play(&device, &line.context("reading the script")?)?;
        }
    } else {
        let script = read_input(&args.script)?;
        let script = String::from_utf8(script).map_err(|err| wrong_input(format!("the script: {err}")))?;
        script.lines().try_for_each(|line| play(&device, line))?;
    }
    device.finish();
    Ok(())
}

fn play(device: &Simulator, line: &str) -> Result<()> {
    if line.trim().is_empty() || line.starts_with('#') {
        return Ok(());
    }
    match device.act(Act::parse(line).map_err(wrong_input)?) {
        true => Ok(()),
        false => Err(anyhow::anyhow!("the line broke")),
    }
}

/// The device's end of a line, and what keeps a line of our own open while no till is there.
type Ends = (Box<dyn SerialPort>, Option<Box<dyn SerialPort>>);

fn open(protocol: Protocol, path: &str) -> Result<Ends> {
    if path == "pty" {
        return own_line();
    }
    let setting = Setting::new(protocol, path);
    let port = serialport::new(path, setting.baud).data_bits(setting.bits).parity(setting.parity);
    let port = port.timeout(Duration::from_millis(20)).open();
    Ok((port.map_err(|err| wrong_input(format!("{path}: {err}")))?, None))
}

#[cfg(unix)]
fn own_line() -> Result<Ends> {
    let (mut device, till) = serialport::TTYPort::pair().context("making a line")?;
    device.set_timeout(Duration::from_millis(20)).context("setting up the line")?;
    print(&format!("listening on serial:{}", till.name().unwrap_or_default()))?;
    Ok((Box::new(device), Some(Box::new(till))))
}

#[cfg(not(unix))]
fn own_line() -> Result<Ends> {
    Err(wrong_input("this system cannot make serial ports: name one"))
}
