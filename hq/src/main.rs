//! `jihui-hq`: headquarters.

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Result;
use clap::{Args, Parser, Subcommand};
use copies::Daily;
use hq::cli::{self, Import, WrongInput, wrong_input};
use hq::service::Hq;
use hq::store::place::Database;
use hq::store::trouble::Newer;

/// Headquarters of a charity-supermarket network (济惠总部).
#[derive(Parser)]
#[command(name = "jihui-hq", version)]
struct Cli {
    /// Data folder; created if absent.
    #[arg(long, global = true, default_value = "jihui-hq-data")]
    data: PathBuf,
    /// `PostgreSQL` instead of SQLite in the data folder: postgres://USER@HOST/NAME, or
    /// postgres:///NAME?host=FOLDER for a socket. The password may come from PGPASSWORD.
    #[arg(long, global = true, value_name = "URL")]
    database: Option<String>,
    /// Key file; default: keys.json in the data folder.
    #[arg(long, global = true)]
    keys: Option<PathBuf>,
    /// Folder of the daily copies; default: `copies` in the data folder.
    #[arg(long, global = true, value_name = "FOLDER")]
    copies: Option<PathBuf>,
    /// Listings as NDJSON.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the API.
    Serve {
        /// Address and port.
        #[arg(long, default_value = "127.0.0.1:8080")]
        listen: SocketAddr,
        /// Certificate, PEM.
        #[arg(long, requires = "tls_key")]
        tls_cert: Option<PathBuf>,
        /// Its key, PEM.
        #[arg(long, requires = "tls_cert")]
        tls_key: Option<PathBuf>,
    },
    /// People at headquarters.
    #[command(subcommand)]
    User(User),
    /// Stores.
    #[command(subcommand)]
    Store(Store),
    /// Tills.
    #[command(subcommand)]
    Till(Till),
    /// The roster.
    #[command(subcommand)]
    Roster(File),
    /// Programmes.
    #[command(subcommand)]
    Programmes(File),
    /// Products and their groups.
    #[command(subcommand)]
    Products(File),
    /// Records of a till.
    Records {
        /// STORE/TILL.
        #[arg(long)]
        till: String,
        /// One epoch.
        #[arg(long)]
        epoch: Option<String>,
        /// Records after this seq.
        #[arg(long, default_value_t = 0)]
        after: u64,
    },
    /// Claims.
    Claims {
        /// One store.
        #[arg(long)]
        store: Option<String>,
        /// First business date.
        #[arg(long)]
        from: Option<String>,
        /// Last business date.
        #[arg(long)]
        to: Option<String>,
    },
    /// Statements of stores.
    Batches,
    /// What a household has used of a programme's limits.
    Balance {
        /// As in the roster file, or headquarters' own id.
        #[arg(long)]
        household: String,
        /// Code.
        #[arg(long)]
        programme: String,
        /// Date whose periods are meant; default: today.
        #[arg(long)]
        date: Option<String>,
    },
    /// Check every chain, signature and balance, and the public log.
    Verify,
    /// Write what was taken from one date to another for an auditor, who checks it with jihui-verify.
    Export {
        /// First date.
        #[arg(long)]
        from: String,
        /// Last date.
        #[arg(long)]
        to: String,
        /// Where to.
        file: PathBuf,
    },
    /// Print headquarters' public key, by which auditors check what it signed.
    Key,
    /// Write a backup; the key file is not in it.
    Backup {
        /// Where to.
        file: PathBuf,
    },
    /// Make today's daily copy now, in the place of one made earlier today.
    Copy,
    /// List the daily copies and those from before upgrades.
    Copies,
    /// Put a backup in place.
    Restore {
        /// Where from.
        file: PathBuf,
    },
}

#[derive(Subcommand)]
enum User {
    /// Add a person; the password comes from standard input.
    Add {
        /// Name to sign in with.
        name: String,
        /// reviewer, approver, accountant, payer, auditor, roster, manager or admin.
        #[arg(long)]
        role: String,
        /// A manager's store.
        #[arg(long)]
        store: Option<String>,
        /// District that the person looks after.
        #[arg(long)]
        district: Option<String>,
    },
    /// Give a person a new password, from standard input; their sessions end.
    Password {
        /// Name.
        name: String,
    },
    /// Take away a person's second step, where telephone and recovery codes are lost.
    SecondStepOff {
        /// Name.
        name: String,
    },
}

#[derive(Subcommand)]
enum Store {
    /// Add a store.
    Add {
        /// Code.
        code: String,
        /// Name.
        #[arg(long)]
        name: String,
        /// Its district.
        #[arg(long)]
        district: String,
        /// District prefixes whose roster it gets, separated by commas; default: its own.
        #[arg(long)]
        serves: Option<String>,
    },
}

#[derive(Subcommand)]
enum Till {
    /// Make an enrolment code for a till.
    Add {
        /// STORE/TILL.
        till: String,
    },
    /// Revoke all keys of a till, as after a theft.
    Revoke {
        /// STORE/TILL.
        till: String,
    },
}

#[derive(Subcommand)]
enum File {
    /// Import a file.
    Import(FileArgs),
}

#[derive(Args)]
struct FileArgs {
    /// The file.
    file: String,
    /// Only say what would change.
    #[arg(long)]
    dry_run: bool,
}

fn main() -> ExitCode {
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

fn run(args: Cli) -> Result<()> {
    let dir = args.data;
    let place = match &args.database {
        Some(address) => Database::parse(address).map_err(|problem| wrong_input(problem.to_string()))?,
        None => Database::Folder(dir.clone()),
    };
    let keys = args.keys.unwrap_or_else(|| dir.join("keys.json"));
    if let Command::Restore { file } = &args.command {
        return cli::restore(&place, file, &keys);
    }
    hq::files::folder(&dir).map_err(|err| wrong_input(format!("{}: {err}", dir.display())))?;
    let mut hq = match (Hq::open(place, &keys), &args.command) {
        (Ok(hq), _) => hq,
        // What is newer than this program can still be taken out.
        (Err(err), Command::Backup { file }) if err.is::<Newer>() && args.database.is_none() => {
            return cli::backup_as_it_is(&dir, file);
        }
        (Err(err), _) => return Err(err),
    };
    if let Some(folder) = args.copies {
        if !folder.is_dir() {
            return Err(wrong_input(format!("{} is not a folder", folder.display())));
        }
        hq.copies = Daily::elsewhere(folder, "hq");
    }
    let json = args.json;
    match args.command {
        Command::Serve { listen, tls_cert, tls_key } => hq::serve::serve(Arc::new(hq), listen, tls_cert.zip(tls_key)),
        Command::User(User::Add { name, role, store, district }) => {
            cli::add_user(&hq, &name, &role, store.as_deref(), district.as_deref())
        }
        Command::User(User::Password { name }) => cli::set_password(&hq, &name),
        Command::User(User::SecondStepOff { name }) => cli::remove_second_step(&hq, &name),
        Command::Store(Store::Add { code, name, district, serves }) => {
            cli::add_store(&hq, &code, &name, &district, serves.as_deref())
        }
        Command::Till(Till::Add { till }) => cli::add_till(&hq, &till),
        Command::Till(Till::Revoke { till }) => cli::revoke_till(&hq, &till),
        Command::Roster(File::Import(f)) => cli::import(&hq, Import::Roster, &f.file, f.dry_run),
        Command::Programmes(File::Import(f)) => cli::import(&hq, Import::Programmes, &f.file, f.dry_run),
        Command::Products(File::Import(f)) => cli::import(&hq, Import::Products, &f.file, f.dry_run),
        Command::Records { till, epoch, after } => cli::list_records(&hq, &till, epoch.as_deref(), after, json),
        Command::Claims { store, from, to } => {
            cli::list_claims(&hq, store.as_deref(), from.as_deref(), to.as_deref(), json)
        }
        Command::Batches => cli::list_batches(&hq, json),
        Command::Balance { household, programme, date } => {
            cli::balance(&hq, &household, &programme, date.as_deref(), json)
        }
        Command::Verify => cli::check(&hq),
        Command::Export { from, to, file } => cli::export(&hq, &from, &to, &file),
        Command::Key => cli::key(&hq),
        Command::Backup { file } => cli::backup(&hq, &file),
        Command::Copy => cli::copy(&hq),
        Command::Copies => cli::list_copies(&hq),
        Command::Restore { .. } => Ok(()),
    }
}
