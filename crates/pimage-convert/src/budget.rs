//! How many frames, and how many bytes of them, may be on their way at once.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How often a waiting stage looks whether it should stop.
pub(crate) const LOOK_UP: Duration = Duration::from_millis(20);

#[derive(Debug, Default)]
struct InFlight {
    frames: usize,
    bytes: u64,
}

/// A semaphore over frames and bytes. One frame is always let through, however large.
#[derive(Debug)]
pub(crate) struct Budget {
    in_flight: Mutex<InFlight>,
    freed: Condvar,
    max_frames: usize,
    max_bytes: u64,
}

impl Budget {
    pub(crate) fn new(max_frames: usize, max_bytes: u64) -> Self {
        Self {
            in_flight: Mutex::default(),
            freed: Condvar::new(),
            max_frames: max_frames.max(1),
            max_bytes,
        }
    }

    /// Waits for room for a frame of `bytes` and takes it; `false` when `is_stopped` says so first.
    pub(crate) fn acquire(&self, bytes: u64, is_stopped: impl Fn() -> bool) -> bool {
        let mut in_flight = self.lock();
        while in_flight.frames > 0
            && (in_flight.frames >= self.max_frames
                || in_flight.bytes.saturating_add(bytes) > self.max_bytes)
        {
            if is_stopped() {
                return false;
            }
            in_flight = self
                .freed
                .wait_timeout(in_flight, LOOK_UP)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
        if is_stopped() {
            return false;
        }
        in_flight.frames += 1;
        in_flight.bytes = in_flight.bytes.saturating_add(bytes);
        true
    }

    /// A frame that was charged `from` bytes has become one of `to` bytes; never waits.
    pub(crate) fn recharge(&self, from: u64, to: u64) {
        let mut in_flight = self.lock();
        in_flight.bytes = in_flight.bytes.saturating_sub(from).saturating_add(to);
        drop(in_flight);
        self.freed.notify_one();
    }

    /// Gives back the room of a frame.
    pub(crate) fn release(&self, bytes: u64) {
        let mut in_flight = self.lock();
        in_flight.frames = in_flight.frames.saturating_sub(1);
        in_flight.bytes = in_flight.bytes.saturating_sub(bytes);
        drop(in_flight);
        self.freed.notify_one();
    }

    /// No code that can panic runs under the lock, so that a poisoned one still holds true counts.
    fn lock(&self) -> MutexGuard<'_, InFlight> {
        self.in_flight
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_frame_passes_however_large_and_the_second_waits() {
        let budget = Budget::new(8, 100);
        assert!(budget.acquire(1_000, || false));
        assert!(!budget.acquire(1, || true));
        budget.release(1_000);
        assert!(budget.acquire(60, || false));
        assert!(budget.acquire(40, || false));
        assert!(!budget.acquire(1, || true));
        budget.recharge(60, 10);
        assert!(budget.acquire(50, || false));
    }

    #[test]
    fn frames_are_counted_beside_bytes() {
        let budget = Budget::new(2, u64::MAX);
        assert!(budget.acquire(1, || false));
        assert!(budget.acquire(1, || false));
        assert!(!budget.acquire(1, || true));
    }
}
