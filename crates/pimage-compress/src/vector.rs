//! Loops in the widest vector instructions of the machine.

/// Calls `work` compiled for the widest vector instructions that this machine has; what it computes is the same with all of them.
///
/// Give it `#[inline(always)] || …`, which calls nothing but what is inlined always: only that is compiled so.
#[inline(always)]
pub(crate) fn vectorized<R>(work: impl FnOnce() -> R) -> R {
    struct Work<F>(F);

    impl<R, F: FnOnce() -> R> pulp::WithSimd for Work<F> {
        type Output = R;

        #[inline(always)]
        fn with_simd<S: pulp::Simd>(self, _: S) -> R {
            (self.0)()
        }
    }

    pulp::Arch::new().dispatch(Work(work))
}
