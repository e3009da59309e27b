//! What a coded picture says of itself, without decoding it.

use std::ptr;

use super::error::AvError;
use super::input::Demuxer;
use super::packet::Packet;
use super::{api, sys};

/// The kind of a coded picture.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum PictureKind {
    /// Coded on its own.
    Intra,
    /// Refers to earlier pictures.
    Predicted,
    /// Refers to earlier and later pictures.
    Bidirectional,
    /// Not said.
    #[default]
    Unknown,
}

/// What a coded picture says of itself.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Inspected {
    pub(crate) kind: PictureKind,
    /// Whether decoding can begin here, if the codec says so.
    pub(crate) is_key: Option<bool>,
    /// Picture order count, where the codec has one.
    pub(crate) output_order: i32,
}

/// A bit stream parser of one codec, freed when dropped.
pub(crate) struct Parser {
    parser: *mut sys::AVCodecParserContext,
    context: *mut sys::AVCodecContext,
}

// SAFETY: used by one thread at a time, whichever owns the parser.
unsafe impl Send for Parser {}

impl Parser {
    /// The parser for a stream's codec; `None` when FFmpeg has none.
    pub(crate) fn open(demuxer: &Demuxer) -> Result<Option<Self>, AvError> {
        let parameters = demuxer.codec_parameters();
        // SAFETY: a stream's parameters.
        let parser = unsafe { api::av_parser_init((*parameters).codec_id.0 as libc::c_int) };
        if parser.is_null() {
            return Ok(None);
        }
        // SAFETY: allocates; null means no memory.
        let context = unsafe { api::avcodec_alloc_context3(ptr::null()) };
        let parser = Self { parser, context };
        if context.is_null() {
            return Err(AvError::no_memory());
        }
        // SAFETY: both are ours.
        unsafe {
            (*parser.parser).flags |= sys::PARSER_FLAG_COMPLETE_FRAMES;
            AvError::check(api::avcodec_parameters_to_context(context, parameters))?;
        }
        Ok(Some(parser))
    }

    /// What a packet that holds one picture says of it.
    pub(crate) fn inspect(&mut self, packet: &Packet) -> Inspected {
        let data = packet.data();
        let (mut out, mut out_size) = (ptr::null_mut(), 0);
        let Ok(size) = i32::try_from(data.len()) else {
            return Inspected::default();
        };
        // SAFETY: packet data are padded as the parser wants; the output points into them and is not used.
        unsafe {
            api::av_parser_parse2(
                self.parser,
                self.context,
                &mut out,
                &mut out_size,
                data.as_ptr(),
                size,
                packet.pts(),
                packet.dts(),
                packet.position(),
            );
            let parser = &*self.parser;
            let kind = match sys::AVPictureType(parser.pict_type as _) {
                sys::AVPictureType::I => PictureKind::Intra,
                sys::AVPictureType::P => PictureKind::Predicted,
                sys::AVPictureType::B => PictureKind::Bidirectional,
                _ => PictureKind::Unknown,
            };
            Inspected {
                kind,
                is_key: u32::try_from(parser.key_frame).ok().map(|key| key == 1),
                output_order: parser.output_picture_number,
            }
        }
    }
}

impl Drop for Parser {
    fn drop(&mut self) {
        // SAFETY: ours and not used again; freeing null is allowed.
        unsafe {
            api::av_parser_close(self.parser);
            api::avcodec_free_context(&mut self.context);
        }
    }
}
