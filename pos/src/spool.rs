//! The print worker: a thread of its own, so that no sale waits for a printer.

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use printers::{Failure, Target, send};
use store::{Job, JobState};

use crate::shop::{Shop, commands_log};

/// Jobs that may wait in the worker's channel; the rest wait in the store.
const IN_FLIGHT: usize = 1;
/// Longest that paper waits for a dead printer, in ms, before it prints by 补打 alone: hours later it
/// would come out among other people's.
const LONGEST_WAIT_MS: i64 = 10 * 60 * 1000;
/// Longest that the drawer's pulse waits for the printer, in ms.
const DRAWER_WAIT_MS: i64 = 5_000;

struct Work {
    job: Job,
    target: Target,
}

/// The worker and what it is busy with.
pub struct Spool {
    work: SyncSender<Work>,
    done: Receiver<(i64, std::result::Result<(), Failure>)>,
    busy: Option<i64>,
    /// After a failure nothing is sent for a while, so that a dead printer costs little.
    resting_until: Option<Instant>,
}

impl Spool {
    /// Starts the worker.
    pub fn start(dir: PathBuf) -> Result<Self> {
        let (work, todo) = sync_channel::<Work>(IN_FLIGHT);
        let (tell, done) = sync_channel(IN_FLIGHT);
        std::thread::Builder::new()
            .name("printer".into())
            .spawn(move || {
                for Work { job, target } in todo {
                    let outcome = send(&target, &dir, &job.bytes, &mut || {});
                    if tell.send((job.id, outcome)).is_err() {
                        break;
                    }
                }
            })
            .context("starting the print worker")?;
        Ok(Self { work, done, busy: None, resting_until: None })
    }

    /// Notes what is done and sends what waits.
    pub fn pump(&mut self, shop: &Shop) -> Result<()> {
        while let Ok((id, outcome)) = self.done.try_recv() {
            self.note(shop, id, &outcome)?;
        }
        self.dispatch(shop)
    }

    /// How soon [`Self::pump`] has something to do; none while nothing is on its way to paper.
    pub fn next_look(&self) -> Option<Duration> {
        let rests = self.resting_until.is_some_and(|until| Instant::now() < until);
        match self.busy {
            Some(_) => Some(Duration::from_millis(50)),
            None => rests.then_some(Duration::from_secs(1)),
        }
    }

    /// Waits until a job is printed or known not to be, but not for long. Whether it is on paper.
    pub fn wait(&mut self, shop: &Shop, id: i64, longest: Duration) -> Result<bool> {
        let until = Instant::now() + longest;
        self.dispatch(shop)?;
        while self.busy.is_some() {
            let left = until.saturating_duration_since(Instant::now());
            match self.done.recv_timeout(left) {
                Ok((done, outcome)) => {
                    self.note(shop, done, &outcome)?;
                    if done == id {
                        return Ok(outcome.is_ok());
                    }
                    self.dispatch(shop)?;
                }
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                    return Ok(false);
                }
            }
        }
        Ok(false)
    }

    fn note(&mut self, shop: &Shop, id: i64, outcome: &std::result::Result<(), Failure>) -> Result<()> {
        self.busy = None;
        let (state, problem) = match outcome {
            Ok(()) => (JobState::Sent, None),
            // Nothing went out: it goes back into the queue.
            Err(failure @ Failure::BeforeFirstByte(_)) => {
                self.resting_until = Some(Instant::now() + Duration::from_secs(2));
                (JobState::Queued, Some(failure.to_string()))
            }
            Err(failure @ Failure::AfterFirstByte { .. }) => (JobState::Uncertain, Some(failure.to_string())),
        };
        if let Some(problem) = &problem {
            commands_log(&format!("打印机：请检查打印机和纸。 Printer: {problem}; check printer and paper"));
        }
        shop.store.set_job_state(id, state, problem.as_deref())?;
        Ok(())
    }

    fn dispatch(&mut self, shop: &Shop) -> Result<()> {
        let resting = self.resting_until.is_some_and(|until| Instant::now() < until);
        if self.busy.is_some() || resting {
            return Ok(());
        }
        let (Some((target, _)), Some(job)) = (shop.printer()?, next_fresh(shop)?) else {
            return Ok(());
        };
        let id = job.id;
        // Said before the first byte can go out: a crash from here on leaves the paper uncertain.
        shop.store.set_job_state(id, JobState::Sending, None)?;
        self.busy = Some(id);
        self.work.try_send(Work { job, target }).map_err(|_| anyhow::anyhow!("the print worker has stopped"))
    }
}

/// The oldest job that has not waited too long.
fn next_fresh(shop: &Shop) -> Result<Option<Job>> {
    let now = shop.now().timestamp_millis();
    let overdue = now - LONGEST_WAIT_MS;
    // A drawer that opens when nobody expects it is an open drawer.
    let mut oldest = shop.store.next_print_job()?;
    while let Some(late) = oldest.as_ref().filter(|job| job.is_drawer && job.at_ms < now - DRAWER_WAIT_MS) {
        shop.store.set_job_state(late.id, JobState::Failed, Some("expired"))?;
        oldest = shop.store.next_print_job()?;
    }
    if oldest.as_ref().is_none_or(|job| job.at_ms >= overdue) {
        return Ok(oldest);
    }
    let expired = shop.store.expire_print_jobs(overdue)?;
    commands_log(&format!(
        "有{expired}张小票等打印机超过10分钟，不再自动打印；需要时请补打。 \
         {expired} papers waited more than 10 minutes and will not print by themselves; reprint them if wanted"
    ));
    Ok(shop.store.next_print_job()?)
}
