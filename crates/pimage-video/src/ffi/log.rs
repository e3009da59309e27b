//! What FFmpeg has to say, kept for error messages instead of printed.

use std::cell::RefCell;
use std::sync::Mutex;

use libc::{c_char, c_int, c_void};

use super::{api, sys};

/// The last error line of any thread; decoder threads have no other way to tell.
static LAST: Mutex<String> = Mutex::new(String::new());

thread_local! {
    /// The last error line of this thread.
    static LAST_HERE: RefCell<String> = const { RefCell::new(String::new()) };
}

type Callback = unsafe extern "C" fn(*mut c_void, c_int, *const c_char, *mut sys::__va_list_tag);

/// Makes FFmpeg log into this module.
pub(super) fn install(set_callback: unsafe extern "C" fn(Option<Callback>)) {
    // SAFETY: the callback is a plain function that lives for ever.
    unsafe { set_callback(Some(keep)) }
}

/// Takes the last error line, this thread's before any other's; empty when there was none.
pub(super) fn take_last() -> String {
    let here = LAST_HERE.with_borrow_mut(std::mem::take);
    let other = LAST.lock().map(|mut last| std::mem::take(&mut *last));
    if here.is_empty() {
        other.unwrap_or_default()
    } else {
        here
    }
}

/// Takes the last error line of this thread; `None` when there was none.
pub(crate) fn take_own() -> Option<String> {
    let own = LAST_HERE.with_borrow_mut(std::mem::take);
    (!own.is_empty()).then_some(own)
}

/// FFmpeg's log callback: called on any thread, with any message; nothing in here can unwind.
unsafe extern "C" fn keep(
    context: *mut c_void,
    level: c_int,
    format: *const c_char,
    args: *mut sys::__va_list_tag,
) {
    if level > sys::AV_LOG_ERROR {
        return;
    }
    let mut line = [0u8; 512];
    let mut prefix = 0;
    // SAFETY: the arguments are those that FFmpeg hands to a callback, for this very function; the line has the stated size.
    let written = unsafe {
        api::av_log_format_line2(
            context,
            level,
            format,
            args,
            line.as_mut_ptr().cast(),
            line.len() as c_int,
            &mut prefix,
        )
    };
    if written <= 0 {
        return;
    }
    let end = line.iter().position(|&byte| byte == 0).unwrap_or(0);
    let text = String::from_utf8_lossy(line.get(..end).unwrap_or(&[]))
        .trim()
        .to_owned();
    if text.is_empty() {
        return;
    }
    let _ = LAST_HERE.try_with(|last| {
        if let Ok(mut last) = last.try_borrow_mut() {
            last.clone_from(&text);
        }
    });
    if let Ok(mut last) = LAST.lock() {
        *last = text;
    }
}
