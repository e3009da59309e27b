//! Frames that are needed again, in a temporary file.

use std::io::{self, Cursor, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use pimage_core::{Color, Error, Frame, FrameFormat, Limits};
use pimage_fs::StagedFile;

use crate::WriteOptions;

/// Frames compressed one by one, beside the output; gone when dropped.
pub(super) struct Spill {
    path: PathBuf,
    file: StagedFile,
    format: FrameFormat,
    /// Where each frame begins, and the end.
    starts: Vec<u64>,
}

impl Spill {
    /// An empty file in the folder of `path`.
    pub(super) fn create(
        path: &Path,
        format: FrameFormat,
        options: &WriteOptions,
    ) -> Result<Self, Error> {
        Ok(Self {
            path: path.to_path_buf(),
            file: StagedFile::create(&options.storage, path, options.overwrite)?,
            format,
            starts: vec![0],
        })
    }

    /// Appends a frame of 8-bit samples.
    pub(super) fn push(&mut self, frame: &Frame) -> Result<(), Error> {
        let bytes = encoded(frame).map_err(Error::io("buffer frames of", &self.path))?;
        self.file
            .write_all(&bytes)
            .map_err(Error::io("buffer frames of", &self.path))?;
        let end = self.starts.last().copied().unwrap_or(0);
        self.starts.push(end + bytes.len() as u64);
        Ok(())
    }

    /// Reads frame `index` back.
    pub(super) fn read(&mut self, index: usize, frame: &mut Frame) -> Result<(), Error> {
        let (start, end) = match (self.starts.get(index), self.starts.get(index + 1)) {
            (Some(start), Some(end)) => (*start, *end),
            _ => (0, 0),
        };
        let mut read = || -> io::Result<Vec<u8>> {
            let mut bytes = vec![0; (end - start) as usize];
            self.file.seek(SeekFrom::Start(start))?;
            self.file.read_exact(&mut bytes)?;
            Ok(bytes)
        };
        let bytes = read().map_err(Error::io("read back frames of", &self.path))?;
        frame.reset(&self.format, &Limits::none())?;
        decode(&bytes, frame.bytes_mut()).map_err(Error::io("read back frames of", &self.path))
    }
}

fn encoded(frame: &Frame) -> io::Result<Vec<u8>> {
    let FrameFormat {
        width,
        height,
        color,
        ..
    } = *frame.format();
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(match color {
        Color::GrayAlpha => png::ColorType::GrayscaleAlpha,
        Color::Rgb => png::ColorType::Rgb,
        Color::Rgba => png::ColorType::Rgba,
        _ => png::ColorType::Grayscale,
    });
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Fastest);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(frame.bytes())?;
    writer.finish()?;
    Ok(bytes)
}

fn decode(bytes: &[u8], target: &mut [u8]) -> io::Result<()> {
    let mut reader = png::Decoder::new(Cursor::new(bytes)).read_info()?;
    reader.next_frame(target)?;
    Ok(())
}
