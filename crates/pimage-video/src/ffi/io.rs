//! Files handed to libavformat as an I/O context of our own, so that names and protocols are none of its business.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use libc::{c_char, c_int, c_void};
use pimage_fs::StagedFile;

use super::error::AvError;
use super::{api, sys};

/// Bytes that libavformat reads or writes at a time.
const BUFFER_BYTES: usize = 256 << 10;

/// What stands behind the context.
enum Stream {
    Input(File),
    Output(StagedFile),
    /// The output was taken back.
    Closed,
}

struct State {
    stream: Stream,
    /// The first error that the system gave; libavformat only passes on a code.
    error: Option<io::Error>,
    /// When reading gives up.
    deadline: Option<Instant>,
}

/// An I/O context over a file, freed when dropped.
pub(super) struct Io {
    context: *mut sys::AVIOContext,
    /// Owned through a raw pointer, because the context holds a second one to it.
    state: *mut State,
}

// SAFETY: the context is used by one thread at a time, whichever owns the `Io`; what it points to is `Send`.
unsafe impl Send for Io {}

impl Io {
    pub(super) fn for_input(file: File) -> Result<Self, AvError> {
        Self::new(Stream::Input(file), false)
    }

    pub(super) fn for_output(file: StagedFile) -> Result<Self, AvError> {
        Self::new(Stream::Output(file), true)
    }

    fn new(stream: Stream, write: bool) -> Result<Self, AvError> {
        // SAFETY: allocates; null means no memory.
        let buffer = unsafe { api::av_malloc(BUFFER_BYTES) }.cast::<u8>();
        if buffer.is_null() {
            return Err(AvError::no_memory());
        }
        let state = Box::into_raw(Box::new(State {
            stream,
            error: None,
            deadline: None,
        }));
        // SAFETY: the buffer has the stated size and becomes the context's; `state` outlives the context.
        let context = unsafe {
            api::avio_alloc_context(
                buffer,
                BUFFER_BYTES as c_int,
                c_int::from(write),
                state.cast(),
                Some(read_packet),
                Some(write_packet),
                Some(seek),
            )
        };
        if context.is_null() {
            let mut buffer = buffer;
            // SAFETY: nobody took the buffer and the state: both are still ours.
            unsafe {
                api::av_freep((&raw mut buffer).cast());
                drop(Box::from_raw(state));
            }
            return Err(AvError::no_memory());
        }
        Ok(Self { context, state })
    }

    pub(super) const fn as_ptr(&self) -> *mut sys::AVIOContext {
        self.context
    }

    fn state(&mut self) -> &mut State {
        // SAFETY: ours; callbacks only run inside calls that cannot overlap this borrow.
        unsafe { &mut *self.state }
    }

    /// The system's error behind the last failure, if there was one.
    pub(super) fn take_error(&mut self) -> Option<io::Error> {
        self.state().error.take()
    }

    /// From when on reads fail; `None` for never.
    pub(super) fn set_deadline(&mut self, deadline: Option<Instant>) {
        self.state().deadline = deadline;
    }

    /// Takes the output file back; later writes fail.
    pub(super) fn take_output(&mut self) -> Option<StagedFile> {
        match std::mem::replace(&mut self.state().stream, Stream::Closed) {
            Stream::Output(file) => Some(file),
            _ => None,
        }
    }
}

impl Drop for Io {
    fn drop(&mut self) {
        // SAFETY: the buffer may have been replaced by libavformat, so it is freed through the context; the state is ours.
        unsafe {
            api::av_freep((&raw mut (*self.context).buffer).cast());
            api::avio_context_free(&mut self.context);
            drop(Box::from_raw(self.state));
        }
    }
}

/// Runs a callback's work; an error is remembered, a panic becomes an error.
///
/// # Safety
///
/// `opaque` is the state that an `Io` owns.
unsafe fn with_state(opaque: *mut c_void, work: impl FnOnce(&mut State) -> io::Result<i64>) -> i64 {
    // SAFETY: the caller's promise; libavformat calls back from one thread at a time.
    let state = unsafe { &mut *opaque.cast::<State>() };
    let done = catch_unwind(AssertUnwindSafe(|| work(state)));
    match done {
        Ok(Ok(value)) => value,
        Ok(Err(error)) => {
            let code = i64::from(error.raw_os_error().unwrap_or(libc::EIO));
            state.error.get_or_insert(error);
            -code
        }
        Err(_) => -i64::from(libc::EIO),
    }
}

unsafe extern "C" fn read_packet(opaque: *mut c_void, buffer: *mut u8, size: c_int) -> c_int {
    let work = |state: &mut State| {
        if state
            .deadline
            .is_some_and(|deadline| Instant::now() > deadline)
        {
            return Ok(i64::from(sys::AVERROR_EXIT));
        }
        // SAFETY: libavformat gives room for `size` bytes.
        let buffer = unsafe { std::slice::from_raw_parts_mut(buffer, size.max(0) as usize) };
        let count = match &mut state.stream {
            Stream::Input(file) => read_retrying(file, buffer)?,
            Stream::Output(file) => read_retrying(file, buffer)?,
            Stream::Closed => 0,
        };
        Ok(if count == 0 {
            i64::from(sys::AVERROR_EOF)
        } else {
            count as i64
        })
    };
    // SAFETY: the state of the `Io` that owns the context.
    unsafe { with_state(opaque, work) as c_int }
}

fn read_retrying(source: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        match source.read(buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}

unsafe extern "C" fn write_packet(opaque: *mut c_void, buffer: *mut u8, size: c_int) -> c_int {
    let work = |state: &mut State| {
        if state.error.is_some() {
            // Whatever follows a failed seek would land in the wrong place, over what is there.
            return Err(io::Error::other("an earlier operation failed"));
        }
        // SAFETY: libavformat gives `size` bytes to write.
        let bytes = unsafe { std::slice::from_raw_parts(buffer, size.max(0) as usize) };
        match &mut state.stream {
            Stream::Output(file) => file.write_all(bytes)?,
            _ => return Err(io::Error::other("the output is closed")),
        }
        Ok(bytes.len() as i64)
    };
    // SAFETY: the state of the `Io` that owns the context.
    unsafe { with_state(opaque, work) as c_int }
}

unsafe extern "C" fn seek(opaque: *mut c_void, offset: i64, whence: c_int) -> i64 {
    let work = |state: &mut State| {
        let target: &mut dyn Seek = match &mut state.stream {
            Stream::Input(file) => file,
            Stream::Output(file) => file,
            Stream::Closed => return Ok(-i64::from(libc::EIO)),
        };
        let whence = whence & !sys::AVSEEK_FORCE;
        if whence & sys::AVSEEK_SIZE != 0 {
            let here = target.stream_position()?;
            let size = target.seek(SeekFrom::End(0))?;
            target.seek(SeekFrom::Start(here))?;
            return Ok(size as i64);
        }
        let position = match whence {
            libc::SEEK_SET => match u64::try_from(offset) {
                Ok(offset) => SeekFrom::Start(offset),
                // What a broken file asks for is not an error of the disk.
                Err(_) => return Ok(-i64::from(libc::EINVAL)),
            },
            libc::SEEK_CUR => SeekFrom::Current(offset),
            libc::SEEK_END => SeekFrom::End(offset),
            _ => return Ok(-i64::from(libc::EINVAL)),
        };
        Ok(target.seek(position)? as i64)
    };
    // SAFETY: the state of the `Io` that owns the context.
    unsafe { with_state(opaque, work) }
}

/// Refuses whatever a container wants to open beside itself.
pub(super) unsafe extern "C" fn open_nothing(
    _context: *mut sys::AVFormatContext,
    _io: *mut *mut sys::AVIOContext,
    _url: *const c_char,
    _flags: c_int,
    _options: *mut *mut sys::AVDictionary,
) -> c_int {
    -libc::EPERM
}
