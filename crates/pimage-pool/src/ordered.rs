//! Work on several threads, results in the order of the work.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread::JoinHandle;

use crossbeam_channel::{Receiver, Sender, bounded};
use pimage_core::Error;

use crate::STACK_BYTES;

/// Where the result of one job goes.
type Reply<R> = Sender<Result<R, Error>>;

/// Threads that each do one job after another; results come out in the order in which jobs went in.
///
/// As an iterator it waits for the results of the jobs handed in so far.
#[derive(Debug)]
pub struct OrderedPool<J, R> {
    jobs: Option<Sender<(J, Reply<R>)>>,
    /// Where each result will come, in order.
    due: VecDeque<Receiver<Result<R, Error>>>,
    threads: Vec<JoinHandle<()>>,
    depth: usize,
}

impl<J: Send + 'static, R: Send + 'static> OrderedPool<J, R> {
    /// Starts `threads` workers, each with a function of its own.
    ///
    /// A panic in one becomes the error of its job.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] when a thread cannot be started.
    pub fn start<F>(
        name: &'static str,
        threads: usize,
        mut make: impl FnMut() -> F,
    ) -> Result<Self, Error>
    where
        F: FnMut(J) -> Result<R, Error> + Send + 'static,
    {
        let depth = threads * 2 + 1;
        let (jobs, queue) = bounded::<(J, Reply<R>)>(depth);
        let mut pool = Self {
            jobs: Some(jobs),
            due: VecDeque::new(),
            threads: Vec::new(),
            depth,
        };
        for _ in 0..threads {
            let queue = queue.clone();
            let mut work = make();
            let run = move || {
                while let Ok((job, reply)) = queue.recv() {
                    let result = catch_unwind(AssertUnwindSafe(|| work(job)))
                        .unwrap_or_else(|panic| Err(Error::from_panic(name, panic.as_ref())));
                    // Nobody waits for it any more: the pool is being dropped.
                    let _ = reply.send(result);
                }
            };
            let spawned = std::thread::Builder::new()
                .name(name.to_owned())
                .stack_size(STACK_BYTES)
                .spawn(run)
                .map_err(Error::io("start a thread for", name))?;
            pool.threads.push(spawned);
        }
        Ok(pool)
    }

    /// Jobs whose results were not taken yet.
    #[must_use]
    pub fn pending(&self) -> usize {
        self.due.len()
    }

    /// Whether another job would only wait.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.due.len() >= self.depth
    }

    /// Hands in a job; waits when the workers are far behind.
    pub fn submit(&mut self, job: J) {
        let (reply, result) = bounded(1);
        if let Some(jobs) = &self.jobs
            && jobs.send((job, reply)).is_ok()
        {
            self.due.push_back(result);
        }
    }

    /// The next result in order, if it is there already.
    pub fn try_next(&mut self) -> Option<Result<R, Error>> {
        let result = self.due.front()?.try_recv().ok()?;
        self.due.pop_front();
        Some(result)
    }

    /// The next result in order, if it is there already or if more work would have to wait for it.
    pub fn ready(&mut self) -> Option<Result<R, Error>> {
        if self.is_full() {
            self.next()
        } else {
            self.try_next()
        }
    }

    /// Forgets all pending jobs.
    pub fn clear(&mut self) {
        self.due.clear();
    }
}

/// Waits for the next result in order; `None` when no job is pending, until the next one is handed in.
impl<J, R> Iterator for OrderedPool<J, R> {
    type Item = Result<R, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let result = self.due.pop_front()?;
        Some(result.recv().unwrap_or_else(|_| {
            Err(Error::Internal {
                part: "a worker thread".to_owned(),
                reason: "it ended without a result".to_owned(),
            })
        }))
    }
}

impl<J, R> Drop for OrderedPool<J, R> {
    fn drop(&mut self) {
        self.jobs = None;
        self.due.clear();
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
    fn results_keep_the_order_of_the_jobs() {
        let mut pool = OrderedPool::start("test", 3, || {
            |job: u64| {
                std::thread::sleep(std::time::Duration::from_micros((job * 7919) % 300));
                Ok(job * 2)
            }
        })
        .expect("starts");
        let mut results = Vec::new();
        for job in 0..200 {
            pool.submit(job);
            if pool.is_full() {
                results.extend(pool.next());
            }
        }
        results.extend(pool);
        let values: Vec<_> = results
            .into_iter()
            .map(|result| result.expect("no error"))
            .collect();
        assert_eq!(values, (0..200).map(|job| job * 2).collect::<Vec<_>>());
    }

    #[test]
    fn a_panic_is_the_error_of_its_job_only() {
        let mut pool = OrderedPool::start("the tester", 2, || {
            |job: u64| {
                assert!(job != 1, "job one");
                Ok(job)
            }
        })
        .expect("starts");
        for job in 0..3 {
            pool.submit(job);
        }
        assert!(pool.next().expect("is pending").is_ok());
        let error = pool
            .next()
            .expect("is pending")
            .expect_err("panicked")
            .to_string();
        assert!(
            error.starts_with("the tester failed (internal: job one)"),
            "{error}"
        );
        assert!(pool.next().expect("is pending").is_ok());
        assert!(pool.next().is_none());
    }
}
