//! Two pieces of work at the same time.

use pimage_core::Error;

use crate::STACK_BYTES;

/// Does two pieces of work: side by side where there are two `threads` for them, else one after the other.
///
/// ```
/// let (sum, product) = pimage_pool::both(2, || Ok(2 + 3), || Ok(2 * 3))?;
/// assert_eq!((sum, product), (5, 6));
/// # Ok::<(), pimage_core::Error>(())
/// ```
///
/// # Errors
///
/// That of the first piece, else that of the second; a panic in the first is [`Error::Internal`];
/// [`Error::Io`] when a thread cannot be started.
pub fn both<A: Send, B>(
    threads: usize,
    first: impl FnOnce() -> Result<A, Error> + Send,
    second: impl FnOnce() -> Result<B, Error>,
) -> Result<(A, B), Error> {
    if threads < 2 {
        return Ok((first()?, second()?));
    }
    std::thread::scope(|scope| {
        let beside = std::thread::Builder::new()
            .stack_size(STACK_BYTES)
            .spawn_scoped(scope, first)
            .map_err(Error::io("start a thread for", "one of two"))?;
        let second = second();
        let first = beside
            .join()
            .unwrap_or_else(|panic| Err(Error::from_panic("one of two", panic.as_ref())));
        Ok((first?, second?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(part: &str) -> Error {
        Error::Internal {
            part: part.to_owned(),
            reason: "it was to fail".to_owned(),
        }
    }

    #[test]
    fn both_are_done_on_one_thread_and_on_two() {
        for threads in [1, 2, 5] {
            let mut seen = Vec::new();
            let (first, ()) = both(
                threads,
                || Ok(7),
                || {
                    seen.push(1);
                    Ok(())
                },
            )
            .expect("nothing fails");
            assert_eq!((first, seen), (7, vec![1]));
        }
    }

    #[test]
    fn the_error_of_the_first_comes_first() {
        for threads in [1, 2] {
            let told = |result: Result<((), ()), Error>| result.expect_err("fails").to_string();
            let first = told(both(threads, || Err(failed("one")), || Err(failed("two"))));
            assert_eq!(first, failed("one").to_string());
            let second = told(both(threads, || Ok(()), || Err(failed("two"))));
            assert_eq!(second, failed("two").to_string());
        }
    }

    #[test]
    fn a_panic_beside_is_an_error() {
        let found = both(2, || -> Result<(), Error> { panic!("beside") }, || Ok(()));
        assert!(matches!(found, Err(Error::Internal { .. })), "{found:?}");
    }
}
