//! How the C library keeps memory that was freed.

/// Blocks from this size on go back to the system when they are freed.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const LARGE: libc::c_int = 256 << 10;

/// Asks the C library to give large blocks back as soon as they are freed, instead of keeping them for each thread;
/// for programs that code groups of frames on several threads, which would keep up to half as much again.
///
/// It counts for the whole process; where the C library is not glibc nothing happens.
pub fn return_large_blocks() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: `mallopt` takes two numbers, may be called at any time, and answers whether it knows them.
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, LARGE);
    }
}
