//! Opening what is no file: devices and network streams, by names that the user gave as such.

use std::ffi::CString;
use std::ptr;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use libc::{c_int, c_void};
use pimage_core::Cancel;

use super::error::AvError;
use super::input::{Demuxer, OpenError};
use super::{api, sys};

/// Protocols that a network stream may use; local files are not among them.
const PROTOCOLS: &str = "crypto,http,httpproxy,https,rtcp,rtmp,rtmps,rtp,rtsp,srtp,tcp,tls,udp";

/// What can stop libavformat while it waits.
pub(super) struct Gate {
    cancel: Cancel,
    deadline: Option<Instant>,
}

/// libavformat asks whether to give up.
unsafe extern "C" fn is_over(gate: *mut c_void) -> c_int {
    // SAFETY: the gate that the demuxer owns, which nobody changes while libavformat is at work.
    let gate = unsafe { &*gate.cast::<Gate>() };
    let is_late = gate
        .deadline
        .is_some_and(|deadline| Instant::now() > deadline);
    c_int::from(gate.cancel.is_cancelled() || is_late)
}

/// Has libavdevice tell libavformat of cameras, once; why not, when it is not there.
fn load_devices() -> Result<(), String> {
    static LOADED: OnceLock<Result<(), String>> = OnceLock::new();
    let loaded = LOADED.get_or_init(|| {
        // Both libraries have had the same number since they were made separate packages of one release.
        let library = api::open("avdevice", sys::LIBAVFORMAT_VERSION_MAJOR as c_int)?;
        // SAFETY: FFmpeg's headers declare it so.
        let register = unsafe { library.get::<unsafe extern "C" fn()>(b"avdevice_register_all\0") };
        let register = *register.map_err(|error| error.to_string())?;
        // SAFETY: the library is loaded, and stays so.
        unsafe { register() };
        std::mem::forget(library);
        Ok(())
    });
    loaded.clone()
}

impl Demuxer {
    /// Opens a device of libavformat's `format`, or for `None` a network address; gives up after `patience`, and whenever `cancel` is used.
    pub(crate) fn open_live(
        address: &str,
        format: Option<&str>,
        options: &[(String, String)],
        patience: Duration,
        cancel: &Cancel,
    ) -> Result<Self, OpenError> {
        let unknown = |name: &str| OpenError::Refused(name.to_owned());
        let name = CString::new(address).map_err(|_nul| unknown(address))?;
        let mut input = ptr::null();
        if let Some(format) = format {
            load_devices().map_err(OpenError::Refused)?;
            let format_name = CString::new(format).map_err(|_nul| unknown(format))?;
            // SAFETY: a C string; the answer is static or null.
            input = unsafe { api::av_find_input_format(format_name.as_ptr()) };
            if input.is_null() {
                let reason = format!("FFmpeg has no `{format}` here");
                return Err(OpenError::Refused(reason));
            }
        }
        let mut gate = Box::new(Gate {
            cancel: cancel.clone(),
            deadline: Some(Instant::now() + patience),
        });
        // SAFETY: allocates; null means no memory.
        let mut context = unsafe { api::avformat_alloc_context() };
        if context.is_null() {
            return Err(OpenError::Failed(AvError::no_memory()));
        }
        // SAFETY: the context is fresh and ours; the gate lives on the heap as long as the demuxer does.
        unsafe {
            (*context).interrupt_callback = sys::AVIOInterruptCB {
                callback: Some(is_over),
                opaque: (&raw mut *gate).cast(),
            };
        }
        let mut settings = Settings::new();
        if format.is_none() {
            settings.set("protocol_whitelist", PROTOCOLS);
        }
        for (key, value) in options {
            settings.set(key, value);
        }
        // SAFETY: on failure the context is freed and set to null by the call.
        let opened = unsafe {
            api::avformat_open_input(&mut context, name.as_ptr(), input, &mut settings.0)
        };
        AvError::check(opened).map_err(OpenError::Failed)?;
        let mut demuxer = Self::of_live(context, gate);
        // SAFETY: an open context.
        let found = unsafe { api::avformat_find_stream_info(context, ptr::null_mut()) };
        AvError::check(found).map_err(OpenError::Failed)?;
        demuxer.choose_stream()?;
        demuxer.set_patience(None);
        Ok(demuxer)
    }
}

impl Gate {
    pub(super) fn set_deadline(&mut self, deadline: Option<Instant>) {
        self.deadline = deadline;
    }
}

/// Options by name, freed when dropped.
struct Settings(*mut sys::AVDictionary);

impl Settings {
    const fn new() -> Self {
        Self(ptr::null_mut())
    }

    fn set(&mut self, key: &str, value: &str) {
        if let (Ok(key), Ok(value)) = (CString::new(key), CString::new(value)) {
            // SAFETY: C strings, which are copied into the dictionary of ours.
            unsafe { api::av_dict_set(&mut self.0, key.as_ptr(), value.as_ptr(), 0) };
        }
    }
}

impl Drop for Settings {
    fn drop(&mut self) {
        // SAFETY: ours; what avformat_open_input did not take is left in it.
        unsafe { api::av_dict_free(&mut self.0) };
    }
}
