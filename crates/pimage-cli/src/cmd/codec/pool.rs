//! Frames coded on all cores, their results in order.

use pimage_core::{Cancel, Error};
use pimage_pool::OrderedPool;

/// Does `work` on each job on a thread of several, and shows the results to `see` in the order of the jobs.
///
/// Two jobs for each thread wait at most, and one is on its way.
pub(super) fn on_threads<J: Send + 'static, R: Send + 'static>(
    threads: usize,
    cancel: &Cancel,
    jobs: impl Iterator<Item = Result<J, Error>>,
    work: impl Fn(J) -> Result<R, Error> + Clone + Send + 'static,
    mut see: impl FnMut(R) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let mut pool = OrderedPool::start("coding", threads, || work.clone())?;
    for job in jobs {
        if cancel.is_cancelled() {
            return Err(Error::Stopped.into());
        }
        while let Some(result) = pool.ready() {
            see(result?)?;
        }
        match job {
            Ok(job) => pool.submit(job),
            Err(error) => {
                // What came before it is worth telling.
                for result in pool.by_ref() {
                    see(result?)?;
                }
                return Err(error.into());
            }
        }
    }
    for result in pool.by_ref() {
        see(result?)?;
        if cancel.is_cancelled() {
            return Err(Error::Stopped.into());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_keep_the_order_and_an_error_ends_them() {
        let jobs = (0..20u64).map(|job| match job {
            15 => Err(Error::Stopped),
            job => Ok(job),
        });
        let mut seen = Vec::new();
        let done = on_threads(
            3,
            &Cancel::new(),
            jobs,
            |job| Ok(job * 2),
            |twice| {
                seen.push(twice);
                Ok(())
            },
        );
        assert!(done.is_err());
        assert_eq!(seen, (0..15).map(|job| job * 2).collect::<Vec<u64>>());
    }
}
