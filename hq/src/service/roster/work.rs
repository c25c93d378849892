//! Work for all cores.

/// Does something to each, on all cores; answers stand in the order of what was asked.
pub fn spread<T: Sync, R: Send>(items: &[T], each: &(dyn Fn(&T) -> R + Sync)) -> Vec<R> {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let part = items.len().div_ceil(cores).max(1);
    if cores == 1 || items.len() < 2 {
        return items.iter().map(each).collect();
    }
    std::thread::scope(|scope| {
        let workers: Vec<_> =
            items.chunks(part).map(|part| scope.spawn(move || part.iter().map(each).collect::<Vec<_>>())).collect();
        let mut all = Vec::with_capacity(items.len());
        for worker in workers {
            match worker.join() {
                Ok(done) => all.extend(done),
                // What a worker panics at would have stopped this thread too.
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        all
    })
}
