//! `jihui-till`: the till.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};
use pos::commands::{self, WrongInput, api, devices, enrol, printer, quote, raise, safe, setup, verify};
use pos::drive;
use pos::effects::Driver;
use pos::shop::Shop;
use store::Lock;

/// The till of a charity supermarket (济惠收银台).
#[derive(Parser)]
#[command(name = "jihui-till", version)]
struct Cli {
    /// Data folder; created if absent.
    #[arg(long, global = true, default_value = "jihui-till-data")]
    data: PathBuf,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Enrol this till with headquarters.
    Enrol {
        /// Address of headquarters: https://…, or http:// on this machine.
        #[arg(long)]
        hq: String,
        /// The enrolment code.
        #[arg(long)]
        code: String,
    },
    /// The store's own products and prices.
    #[command(subcommand)]
    Products(Products),
    /// The store's staff.
    #[command(subcommand)]
    Staff(Staff),
    /// The receipt printer.
    #[command(subcommand)]
    Printer(Printer),
    /// Scanner, ID-card reader, scale and customer display.
    #[command(subcommand)]
    Devices(devices::DevicesCommand),
    /// A setting of the store, such as cash_rounding, store_name, phone, waive_up_to, scale_patterns.
    Set {
        /// Its name.
        name: String,
        /// Its value.
        value: String,
    },
    /// One full round down and up.
    Sync,
    /// Price documents by the programmes' rules.
    Quote {
        /// Programmes file; a dash is standard input.
        #[arg(long, requires = "basket", required_unless_present = "cases")]
        programmes: Option<String>,
        /// Basket file; a dash is standard input.
        #[arg(long, requires = "programmes")]
        basket: Option<String>,
        /// Newline-delimited cases; a dash is standard input.
        #[arg(long, conflicts_with_all = ["programmes", "basket"])]
        cases: Option<String>,
    },
    /// Check the chain and the money of every sale.
    Verify,
    /// Write a backup.
    Backup {
        /// Where to.
        file: PathBuf,
    },
    /// Make today's daily copy now, in the place of one made earlier today.
    Copy,
    /// List the daily copies and those from before upgrades.
    Copies,
    /// Write all records as they were signed, also from damaged data or a newer program's.
    Export {
        /// Where to; one JSON object a line.
        file: PathBuf,
    },
    /// Put a backup in place.
    Restore {
        /// Where from.
        file: PathBuf,
    },
    /// The local API, by which another till's program on this machine claims.
    #[command(subcommand)]
    Api(api::ApiCommand),
    /// Bring the running window up, or put it away: for a key of the desktop.
    Raise(raise::Raise),
    /// The till without its window: JSON commands on standard input.
    Drive,
}

#[derive(Subcommand)]
enum Products {
    /// Import a product file: CSV (UTF-8 or GB18030) or XLSX.
    Import {
        /// The file.
        file: String,
    },
}

#[derive(Subcommand)]
enum Staff {
    /// Add a staff member; the PIN comes from standard input.
    Add {
        /// Staff code.
        name: String,
        /// cashier or manager.
        #[arg(long)]
        role: String,
    },
}

#[derive(Subcommand)]
enum Printer {
    /// Say where the printer is.
    Set {
        /// tcp://HOST:PORT, serial:PATH?baud=N, file:PATH or virtual.
        target: String,
        /// 32, 42 or 48.
        #[arg(long, default_value_t = 32)]
        columns: usize,
    },
    /// Print the test page.
    Test,
    /// A virtual printer: each job as bytes, text and picture in a folder.
    Virtual {
        /// Address to listen on.
        #[arg(long)]
        listen: String,
        /// The folder.
        #[arg(long)]
        out: PathBuf,
        /// Width of the paper: 32, 42 or 48.
        #[arg(long, default_value_t = 32)]
        columns: usize,
        /// How it says it is: ready, paper_low, paper_out, cover_open, offline or unknown.
        #[arg(long, default_value = "ready")]
        condition: String,
    },
}

fn main() -> ExitCode {
    // A crash report says where, never what: a panic's words might carry a number or a name.
    std::panic::set_hook(Box::new(|info| {
        let place = info.location().map_or_else(String::new, ToString::to_string);
        writeln!(std::io::stderr(), "程序出错，已保存的数据不受影响，请重新打开。 The program stopped at {place}; saved data is safe, start it again").ok();
    }));
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(err) => return usage(&err),
    };
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(err) => {
            let one_line = format!("{err:#}").replace('\n', " ");
            writeln!(std::io::stderr(), "{one_line}").ok();
            ExitCode::from(if err.downcast_ref::<WrongInput>().is_some() { 2 } else { 1 })
        }
    }
}

/// Help goes to standard output; a wrong call is one line on standard error.
fn usage(err: &clap::Error) -> ExitCode {
    if err.use_stderr() {
        let text = err.to_string();
        let line =
            text.lines().map(str::trim).take_while(|line| !line.starts_with("Usage:")).collect::<Vec<_>>().join(" ");
        writeln!(std::io::stderr(), "{}", line.trim()).ok();
        return ExitCode::from(2);
    }
    err.print().ok();
    ExitCode::SUCCESS
}

fn run(cli: Cli) -> Result<()> {
    let dir = cli.data.as_path();
    match cli.command {
        None => pos::app::run(dir),
        Some(Command::Enrol { hq, code }) => enrol::run(dir, &hq, &code),
        Some(Command::Products(Products::Import { file })) => setup::import_products(dir, &file),
        Some(Command::Staff(Staff::Add { name, role })) => setup::add_staff(dir, &name, &role),
        Some(Command::Printer(Printer::Set { target, columns })) => printer::set(dir, &target, columns),
        Some(Command::Printer(Printer::Test)) => printer::test(dir),
        Some(Command::Printer(Printer::Virtual { listen, out, columns, condition })) => {
            printer::serve(&listen, &out, columns, &condition)
        }
        Some(Command::Devices(command)) => devices::run(command),
        Some(Command::Set { name, value }) => setup::set(dir, &name, &value),
        Some(Command::Sync) => commands::sync::run(dir),
        Some(Command::Quote { cases: Some(cases), .. }) => quote::cases(&cases),
        Some(Command::Quote { programmes, basket, .. }) => {
            quote::one(&programmes.unwrap_or_default(), &basket.unwrap_or_default())
        }
        Some(Command::Verify) => verify::run(dir),
        Some(Command::Backup { file }) => safe::backup(dir, &file),
        Some(Command::Copy) => safe::copy(dir),
        Some(Command::Copies) => safe::list(dir),
        Some(Command::Export { file }) => safe::export(dir, &file),
        Some(Command::Restore { file }) => safe::restore(dir, &file),
        Some(Command::Api(command)) => api::run(dir, command),
        Some(Command::Raise(args)) => raise::run(dir, &args),
        Some(Command::Drive) => {
            let _lock = Lock::take(dir)?;
            let mut driver = Driver::start(Shop::open(dir)?)?;
            driver.keep_copies();
            drive::run(&mut driver, std::io::stdin().lock(), std::io::stdout().lock())
        }
    }
}
