//! Work on several threads, results as they come.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread::JoinHandle;

use crossbeam_channel::{Receiver, Sender, bounded};
use pimage_core::Error;

use crate::STACK_BYTES;

/// Threads that each change one job after another; a job comes back as soon as it is done, whatever went in before it.
///
/// Where results are wanted in the order of the work, that is [`OrderedPool`](crate::OrderedPool).
///
/// ```
/// use pimage_pool::Crew;
///
/// let mut crew = Crew::start("squares", 2, 4, || |job: &mut u64| {
///     *job *= *job;
///     Ok(())
/// })?;
/// for job in 0..4 {
///     crew.submit(job);
/// }
/// let mut squares: Vec<_> = std::iter::from_fn(|| crew.next()).map(|(square, _)| square).collect();
/// squares.sort();
/// assert_eq!(squares, [0, 1, 4, 9]);
/// # Ok::<(), pimage_core::Error>(())
/// ```
#[derive(Debug)]
pub struct Crew<J> {
    jobs: Option<Sender<J>>,
    done: Receiver<(J, Result<(), Error>)>,
    pending: usize,
    capacity: usize,
    threads: Vec<JoinHandle<()>>,
}

impl<J: Send + 'static> Crew<J> {
    /// Starts `threads` workers, each with a function of its own; `capacity` jobs may be under way together.
    ///
    /// A panic becomes the error of its job, which comes back as far as it was done.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] when a thread cannot be started.
    pub fn start<F>(
        name: &'static str,
        threads: usize,
        capacity: usize,
        mut make: impl FnMut() -> F,
    ) -> Result<Self, Error>
    where
        F: FnMut(&mut J) -> Result<(), Error> + Send + 'static,
    {
        let (jobs, queue) = bounded::<J>(capacity);
        let (reply, done) = bounded(capacity);
        let mut crew = Self {
            jobs: Some(jobs),
            done,
            pending: 0,
            capacity,
            threads: Vec::new(),
        };
        for _ in 0..threads {
            let (queue, reply) = (queue.clone(), reply.clone());
            let mut work = make();
            let run = move || {
                while let Ok(mut job) = queue.recv() {
                    let result = catch_unwind(AssertUnwindSafe(|| work(&mut job)))
                        .unwrap_or_else(|panic| Err(Error::from_panic(name, panic.as_ref())));
                    // Nobody waits for it any more: the crew is being dropped.
                    let _ = reply.send((job, result));
                }
            };
            let spawned = std::thread::Builder::new()
                .name(name.to_owned())
                .stack_size(STACK_BYTES)
                .spawn(run)
                .map_err(Error::io("start a thread for", name))?;
            crew.threads.push(spawned);
        }
        Ok(crew)
    }

    /// Hands in a job; a job beyond the capacity comes back at once.
    pub fn submit(&mut self, job: J) -> Option<J> {
        let Some(jobs) = self.jobs.as_ref().filter(|_| self.pending < self.capacity) else {
            return Some(job);
        };
        match jobs.send(job) {
            Ok(()) => {
                self.pending += 1;
                None
            }
            Err(refused) => Some(refused.into_inner()),
        }
    }

    /// Waits for a job to be done; `None` when none is under way.
    #[expect(
        clippy::should_implement_trait,
        reason = "more jobs may follow after `None`"
    )]
    pub fn next(&mut self) -> Option<(J, Result<(), Error>)> {
        if self.pending == 0 {
            return None;
        }
        self.pending -= 1;
        self.done.recv().ok()
    }

    /// A job that is done already, if there is one.
    pub fn try_next(&mut self) -> Option<(J, Result<(), Error>)> {
        let done = self.done.try_recv().ok()?;
        self.pending -= 1;
        Some(done)
    }
}

impl<J> Drop for Crew<J> {
    fn drop(&mut self) {
        self.jobs = None;
        for thread in self.threads.drain(..) {
            // A worker's panic was reported as the error of its job.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_job_comes_back_once() {
        let work = || {
            |job: &mut (u64, u64)| {
                job.1 = job.0 * 2;
                Ok(())
            }
        };
        let mut crew = Crew::start("test", 3, 8, work).expect("starts");
        let mut results = Vec::new();
        for job in 0..200 {
            let mut job = Some((job, 0));
            while let Some(refused) = job.take().and_then(|job| crew.submit(job)) {
                results.extend(crew.next().map(|(job, _)| job));
                job = Some(refused);
            }
        }
        results.extend(std::iter::from_fn(|| crew.next()).map(|(job, _)| job));
        assert!(crew.try_next().is_none());
        results.sort_unstable();
        let expected: Vec<_> = (0..200).map(|job| (job, job * 2)).collect();
        assert_eq!(results, expected);
    }

    #[test]
    fn a_job_survives_the_panic_in_it() {
        let work = || {
            |job: &mut u64| {
                assert!(*job != 1, "job one");
                Ok(())
            }
        };
        let mut crew = Crew::start("the tester", 2, 3, work).expect("starts");
        for job in 0..3 {
            assert_eq!(crew.submit(job), None);
        }
        let mut results: Vec<_> = std::iter::from_fn(|| crew.next()).collect();
        results.sort_by_key(|(job, _)| *job);
        let errors: Vec<_> = results
            .into_iter()
            .map(|(_, result)| result.err())
            .collect();
        assert!(errors[0].is_none() && errors[2].is_none());
        let error = errors[1].as_ref().expect("panicked").to_string();
        assert!(
            error.starts_with("the tester failed (internal: job one)"),
            "{error}"
        );
    }
}
