//! Writing packets into a container.

use std::ffi::CString;
use std::io;
use std::ptr;

use libc::c_int;
use pimage_fs::StagedFile;

use super::encoder::{Dictionary, Encoder};
use super::error::AvError;
use super::input::Demuxer;
use super::io::{Io, open_nothing};
use super::packet::Packet;
use super::picture::Colors;
use super::pixfmt::PixelFormat;
use super::{api, sys};

/// A stream of packets that no FFmpeg encoder made.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OutputStream {
    pub(crate) codec: sys::AVCodecID,
    pub(crate) width: i32,
    pub(crate) height: i32,
    pub(crate) pixel_format: PixelFormat,
    pub(crate) colors: Colors,
}

/// Why a container could not be written.
#[derive(Debug)]
pub(crate) enum MuxError {
    /// The system failed: the disk is full.
    Io(io::Error),
    /// libavformat failed.
    Failed(AvError),
}

/// A container being written into a staged file.
pub(crate) struct Muxer {
    context: *mut sys::AVFormatContext,
    io: Io,
    stream: *mut sys::AVStream,
    /// The ticks of the packets that are handed in.
    time_base: sys::AVRational,
    /// How long a packet lasts that does not say.
    frame_ticks: i64,
}

// SAFETY: the context is used by one thread at a time, whichever owns the muxer.
unsafe impl Send for Muxer {}

impl std::fmt::Debug for Muxer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Muxer")
    }
}

/// Whether a container wants the codec's headers apart from the packets.
pub(crate) fn wants_global_header(container: &str) -> bool {
    let Ok(name) = CString::new(container) else {
        return false;
    };
    // SAFETY: a C string; the answer is null or static.
    unsafe {
        api::av_guess_format(name.as_ptr(), ptr::null(), ptr::null())
            .as_ref()
            .is_some_and(|format| format.flags & sys::AVFMT_GLOBALHEADER != 0)
    }
}

impl Muxer {
    /// A container of that name with one stream still to be described.
    pub(crate) fn create(
        file: StagedFile,
        container: &str,
        time_base: (i32, i32),
        rate: Option<(i32, i32)>,
    ) -> Result<Self, AvError> {
        let io = Io::for_output(file)?;
        let name = CString::new(container).unwrap_or_default();
        let mut context = ptr::null_mut();
        // SAFETY: C strings; the context is null on failure.
        AvError::check(unsafe {
            api::avformat_alloc_output_context2(
                &mut context,
                ptr::null(),
                name.as_ptr(),
                c"".as_ptr(),
            )
        })?;
        let time_base = sys::AVRational {
            num: time_base.0,
            den: time_base.1,
        };
        let mut muxer = Self {
            context,
            io,
            stream: ptr::null_mut(),
            time_base,
            frame_ticks: 1,
        };
        // SAFETY: the context is fresh and ours; the stream belongs to it.
        unsafe {
            (*context).pb = muxer.io.as_ptr();
            (*context).flags |= sys::AVFMT_FLAG_CUSTOM_IO;
            (*context).io_open = Some(open_nothing);
            muxer.stream = api::avformat_new_stream(context, ptr::null());
            if muxer.stream.is_null() {
                return Err(AvError::no_memory());
            }
            (*muxer.stream).time_base = time_base;
            (*muxer.stream).sample_aspect_ratio = sys::AVRational { num: 1, den: 1 };
            if let Some((num, den)) = rate {
                (*muxer.stream).avg_frame_rate = sys::AVRational { num, den };
                (*muxer.stream).r_frame_rate = sys::AVRational { num, den };
            }
        }
        Ok(muxer)
    }

    /// Says how long a frame lasts whose packet does not: a last one without any is cut off by the edit list of MP4.
    pub(crate) fn set_frame_ticks(&mut self, ticks: i64) {
        self.frame_ticks = ticks.max(1);
    }

    /// Describes the stream as the output of an encoder.
    pub(crate) fn describe_encoded(&mut self, encoder: &Encoder) -> Result<(), AvError> {
        // SAFETY: the stream is ours; the encoder is open.
        AvError::check(unsafe {
            api::avcodec_parameters_from_context((*self.stream).codecpar, encoder.as_ptr())
        })
        .map(|_| ())
    }

    /// Describes the stream as one that is read.
    pub(crate) fn describe_copied(&mut self, source: &Demuxer) -> Result<(), AvError> {
        // SAFETY: the stream is ours; the demuxer is open.
        unsafe {
            let parameters = (*self.stream).codecpar;
            AvError::check(api::avcodec_parameters_copy(
                parameters,
                source.codec_parameters(),
            ))?;
            // Each container has tags of its own.
            (*parameters).codec_tag = 0;
        }
        Ok(())
    }

    /// Describes a stream that no FFmpeg encoder made.
    pub(crate) fn describe(&mut self, stream: &OutputStream) {
        // SAFETY: the stream and its parameters are ours.
        let parameters = unsafe { &mut *(*self.stream).codecpar };
        parameters.codec_type = sys::AVMediaType::VIDEO;
        parameters.codec_id = stream.codec;
        parameters.width = stream.width;
        parameters.height = stream.height;
        parameters.format = stream.pixel_format.raw();
        parameters.color_range = stream.colors.range;
        parameters.color_space = stream.colors.matrix;
        parameters.color_primaries = stream.colors.primaries;
        parameters.color_trc = stream.colors.transfer;
        parameters.sample_aspect_ratio = sys::AVRational { num: 1, den: 1 };
    }

    /// Sets the codec tag, which some containers cannot find by themselves.
    pub(crate) fn set_codec_tag(&mut self, tag: [u8; 4]) {
        // SAFETY: the stream and its parameters are ours.
        unsafe { (*(*self.stream).codecpar).codec_tag = u32::from_le_bytes(tag) };
    }

    /// Writes the header, with metadata of the whole file.
    pub(crate) fn write_header(
        &mut self,
        metadata: &[(String, String)],
        options: &[(String, String)],
    ) -> Result<(), MuxError> {
        let metadata = Dictionary::new(metadata).map_err(MuxError::Failed)?;
        let mut options = Dictionary::new(options).map_err(MuxError::Failed)?;
        // SAFETY: the context is ours and takes the dictionary over; options that are not known stay.
        let code = unsafe {
            (*self.context).metadata = metadata.into_raw();
            api::avformat_write_header(self.context, &mut options.0)
        };
        self.checked(code)
    }

    /// Writes a packet whose times are in ticks of the muxer.
    pub(crate) fn write(&mut self, packet: &mut Packet) -> Result<(), MuxError> {
        packet.set_stream(0);
        packet.set_missing_duration(self.frame_ticks);
        // SAFETY: the header is written; the packet is ours and is emptied by the call.
        let code = unsafe {
            api::av_packet_rescale_ts(packet.as_ptr(), self.time_base, (*self.stream).time_base);
            api::av_interleaved_write_frame(self.context, packet.as_ptr())
        };
        self.checked(code)
    }

    /// Hands all packets written so far to the system.
    pub(crate) fn flush(&mut self) -> Result<(), MuxError> {
        // SAFETY: the header is written; a null packet asks for what the interleaving queue and the container hold back.
        let code = unsafe {
            let queued = api::av_interleaved_write_frame(self.context, ptr::null_mut());
            let held = api::av_write_frame(self.context, ptr::null_mut());
            api::avio_flush(self.io.as_ptr());
            queued.min(held)
        };
        self.checked(code)
    }

    /// Writes the trailer and gives the file back.
    pub(crate) fn finish(mut self) -> Result<StagedFile, MuxError> {
        // SAFETY: the header is written.
        let code = unsafe { api::av_write_trailer(self.context) };
        self.checked(code)?;
        self.io
            .take_output()
            .ok_or_else(|| MuxError::Io(io::Error::other("the output is closed")))
    }

    fn checked(&mut self, code: c_int) -> Result<(), MuxError> {
        if let Some(error) = self.io.take_error() {
            return Err(MuxError::Io(error));
        }
        AvError::check(code).map(|_| ()).map_err(MuxError::Failed)
    }
}

impl Drop for Muxer {
    fn drop(&mut self) {
        // SAFETY: ours; the custom I/O context is freed after it, by its own owner.
        unsafe { api::avformat_free_context(self.context) }
    }
}
