//! Something that one works with at a time, each in the order in which they came: with a plain lock whoever is
//! quick takes it again and again, and a family that waits for a hold may wait for many others.

use std::ops::{Deref, DerefMut};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Who waits hears one of so many bells, so that few are woken for nothing.
const BELLS: u64 = 512;

/// Numbers as at a counter.
#[derive(Debug, Default)]
struct Queue {
    /// The next to be given out.
    next: u64,
    /// The one whose turn it is.
    now: u64,
}

/// What is worked with in turn.
pub struct Turns<T> {
    queue: Mutex<Queue>,
    bells: Vec<Condvar>,
    inner: Mutex<T>,
}

impl<T> Turns<T> {
    /// Nobody waits yet.
    pub fn of(inner: T) -> Self {
        let bells = (0..BELLS).map(|_| Condvar::new()).collect();
        Self { queue: Mutex::default(), bells, inner: Mutex::new(inner) }
    }

    /// Waits until all who came before are done. A panic of one of them stops nobody.
    pub fn take(&self) -> Turn<'_, T> {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        let mine = queue.next;
        queue.next += 1;
        while queue.now != mine {
            queue = match self.bell(mine) {
                Some(bell) => bell.wait(queue).unwrap_or_else(PoisonError::into_inner),
                None => queue,
            };
        }
        drop(queue);
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        Turn { inner, _next: Next(self) }
    }

    fn bell(&self, number: u64) -> Option<&Condvar> {
        self.bells.get(usize::try_from(number % BELLS).ok()?)
    }
}

/// A turn; over when it is dropped.
pub struct Turn<'a, T> {
    // Let go first, so that the next finds it free.
    inner: MutexGuard<'a, T>,
    _next: Next<'a, T>,
}

/// Calls the next.
struct Next<'a, T>(&'a Turns<T>);

impl<T> Drop for Next<'_, T> {
    fn drop(&mut self) {
        let mut queue = self.0.queue.lock().unwrap_or_else(PoisonError::into_inner);
        queue.now += 1;
        if let Some(bell) = self.0.bell(queue.now) {
            bell.notify_all();
        }
    }
}

impl<T> Deref for Turn<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.inner
    }
}

impl<T> DerefMut for Turn<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.inner
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::time::Duration;

    use super::*;

    #[test]
    fn each_has_its_turn_in_the_order_in_which_they_came() {
        let turns = Turns::of(Vec::new());
        let first = turns.take();
        std::thread::scope(|scope| {
            for n in 0..100_u64 {
                let turns = &turns;
                scope.spawn(move || turns.take().push(n));
                // Until it stands in the queue.
                while turns.queue.lock().unwrap().next < n + 2 {
                    std::thread::sleep(Duration::from_micros(50));
                }
            }
            drop(first);
        });
        assert_eq!(*turns.take(), (0..100).collect::<Vec<_>>());
    }

    #[test]
    fn nobody_is_in_twice_and_a_panic_stops_nobody() {
        let (turns, inside) = (Turns::of(0_u64), AtomicU64::new(0));
        std::thread::scope(|scope| {
            let panics = scope.spawn(|| {
                let _turn = turns.take();
                panic!("on purpose");
            });
            assert!(panics.join().is_err());
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..200 {
                        let mut turn = turns.take();
                        assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0);
                        *turn += 1;
                        inside.fetch_sub(1, Ordering::SeqCst);
                    }
                });
            }
        });
        assert_eq!(*turns.take(), 1600);
    }
}
