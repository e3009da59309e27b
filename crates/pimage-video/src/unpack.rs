//! Decoded pictures to frames: every pixel format that FFmpeg decodes to, without loss where it stores gray or RGB.

use pimage_core::{Color, Error, Frame, FrameFormat, Limits, Sample, SampleType};
use pimage_yuv::{LumaTable, Matrix, Planes, Range, YuvSample, luma_of_rgb, rgb_from_yuv};

use crate::ffi::{Colors, Component, Picture, PixelFormat, PixelLayout, Plane, Scaler};
use crate::names;

/// How the pictures of one pixel format become frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Components are copied as they are: gray and RGB of any depth, packed or planar.
    Copy,
    /// Luma and chroma planes, to RGB.
    Yuv,
    /// Luma only.
    Luma,
    /// RGB, of which the luma is wanted.
    RgbLuma,
    /// An index into a table of colours.
    Palette,
}

/// What is needed to make frames of a stream's pictures.
#[derive(Debug)]
pub(crate) struct Unpacker {
    format: FrameFormat,
    kind: Kind,
    source: PixelFormat,
    /// The format that libswscale rewrites pictures to first.
    via: Option<PixelFormat>,
    layout: PixelLayout,
    depth: u32,
    pub(crate) matrix: Matrix,
    pub(crate) range: Range,
    colors: Colors,
    luma8: LumaTable<u8>,
    luma16: LumaTable<u16>,
    scaler: Option<Scaler>,
    /// Quarter turns clockwise.
    turns: u32,
    /// The part of the picture that is the frame: (width, height) from the top left.
    size: (usize, usize),
    /// Size of the first picture, which all others must have.
    stored: (usize, usize),
}

/// What the stream and the caller say of the pictures.
#[derive(Debug, Clone, Copy)]
pub(crate) struct UnpackSettings {
    /// Deliver luma only.
    pub(crate) gray: bool,
    /// The stream holds gray frames, whatever its pixel format.
    pub(crate) holds_gray: bool,
    /// The luma of gray frames is squeezed into the limited range, though the stream does not say so.
    pub(crate) is_limited: bool,
    /// Quarter turns clockwise.
    pub(crate) turns: u32,
    /// The true size, when the picture was padded.
    pub(crate) size: Option<(u32, u32)>,
    /// The true depth, when the pixel format has more bits.
    pub(crate) bit_depth: Option<u8>,
}

impl Unpacker {
    /// The way from such pictures to frames; an error when there is none.
    pub(crate) fn new(picture: &Picture, settings: UnpackSettings) -> Result<Self, String> {
        let source = picture.format();
        let unknown = || format!("pixel format `{}` is not supported", source.name());
        let original = source.layout().ok_or_else(unknown)?;
        let (via, layout) = match via(&original) {
            None => (None, original),
            Some(name) => {
                let format = PixelFormat::by_name(name).ok_or_else(unknown)?;
                (Some(format), format.layout().ok_or_else(unknown)?)
            }
        };
        let kind = kind_of(&layout, settings.gray || settings.holds_gray);
        let depth = layout.depth().ok_or_else(unknown)?;
        if kind == Kind::RgbLuma && layout.is_float {
            return Err("float colour video has no gray form here".to_owned());
        }
        let sample = match (layout.is_float, depth) {
            (true, 32) => SampleType::F32,
            (false, ..=8) => SampleType::U8,
            (false, ..=16) => SampleType::U16,
            _ => return Err(unknown()),
        };
        let color = match kind {
            Kind::Luma | Kind::RgbLuma => Color::Gray,
            Kind::Palette if palette_is_opaque(picture) => Color::Rgb,
            Kind::Palette => Color::Rgba,
            Kind::Yuv if layout.has_alpha => Color::Rgba,
            Kind::Yuv => Color::Rgb,
            Kind::Copy => Color::from_channels(layout.components.len()).ok_or_else(unknown)?,
        };
        let stored = (
            picture.width().max(0) as u32,
            picture.height().max(0) as u32,
        );
        let inside = |(width, height): &(u32, u32)| *width <= stored.0 && *height <= stored.1;
        let size = settings.size.filter(inside).unwrap_or(stored);
        let (width, height) = if settings.turns.is_multiple_of(2) {
            size
        } else {
            (size.1, size.0)
        };
        let bits = settings.bit_depth.unwrap_or(depth as u8).min(depth as u8);
        let colors = picture.colors();
        let matrix = names::matrix(colors.matrix, size.1);
        // Gray levels are what they are, unless pimage itself had to squeeze them.
        let range = match (settings.holds_gray, settings.is_limited) {
            (true, false) => Range::Full,
            (true, true) => Range::Limited,
            (false, _) => names::range(colors.range, &source.name()),
        };
        let table_depth = if layout.is_float { 8 } else { depth };
        Ok(Self {
            format: FrameFormat::new(width, height, color, sample).with_bit_depth(bits),
            kind,
            source,
            via,
            luma8: LumaTable::new(table_depth.min(8), range),
            luma16: LumaTable::new(if sample == SampleType::U16 { depth } else { 8 }, range),
            layout,
            depth,
            matrix,
            range,
            colors,
            scaler: None,
            turns: settings.turns % 4,
            size: (size.0 as usize, size.1 as usize),
            stored: (stored.0 as usize, stored.1 as usize),
        })
    }

    pub(crate) const fn format(&self) -> &FrameFormat {
        &self.format
    }

    /// Bits of a stored sample.
    pub(crate) const fn stored_depth(&self) -> u8 {
        self.depth as u8
    }

    /// Range, matrix, primaries and transfer of the first picture.
    pub(crate) const fn colors(&self) -> Colors {
        self.colors
    }

    /// The decoder's pixel format.
    pub(crate) const fn source(&self) -> PixelFormat {
        self.source
    }

    /// Whether the stored numbers are luma and chroma.
    pub(crate) const fn is_yuv(&self) -> bool {
        matches!(self.kind, Kind::Yuv | Kind::Luma)
    }

    /// Fills `frame` with a picture.
    pub(crate) fn unpack(
        &mut self,
        picture: &Picture,
        frame: &mut Frame,
        limits: &Limits,
        describe: impl Fn(String) -> Error,
    ) -> Result<(), Error> {
        let stored = (
            picture.width().max(0) as usize,
            picture.height().max(0) as usize,
        );
        if picture.format() != self.source || stored != self.stored {
            return Err(describe(format!(
                "the picture is {}x{} {}, the stream began as {}x{} {}",
                stored.0,
                stored.1,
                picture.format().name(),
                self.stored.0,
                self.stored.1,
                self.source.name()
            )));
        }
        let rewritten;
        let picture = match self.via {
            None => picture,
            Some(target) => {
                rewritten = Scaler::convert(&mut self.scaler, picture, target)
                    .map_err(|error| describe(error.to_string()))?;
                &rewritten
            }
        };
        let upright = if self.turns.is_multiple_of(2) {
            self.format
        } else {
            FrameFormat {
                width: self.format.height,
                height: self.format.width,
                ..self.format
            }
        };
        frame.reset(&upright, limits)?;
        let done = match upright.sample {
            SampleType::U8 => self.fill::<u8>(picture, frame),
            SampleType::U16 => self.fill::<u16>(picture, frame),
            SampleType::F32 => self.copy::<f32>(picture, frame),
            _ => None,
        };
        done.ok_or_else(|| describe("the decoder gave a picture without its planes".to_owned()))?;
        if self.turns != 0 {
            turn(frame, self.turns, &self.format, limits)?;
        }
        Ok(())
    }

    fn fill<T: Stored + YuvSample>(&self, picture: &Picture, frame: &mut Frame) -> Option<()> {
        match self.kind {
            Kind::Copy => self.copy::<T>(picture, frame),
            Kind::Palette => self.palette(picture, frame),
            Kind::Luma => self.luma::<T>(picture, frame),
            Kind::Yuv => self.yuv::<T>(picture, frame),
            Kind::RgbLuma => self.rgb_luma::<T>(picture, frame),
        }
    }

    /// The plane that holds a component, at the resolution of luma.
    fn plane<'a>(&self, picture: &'a Picture, component: &Component) -> Option<Plane<'a>> {
        let (_, height) = self.size;
        let bytes = self.size.0.checked_mul(component.step)?;
        picture.plane(component.plane, height, bytes)
    }

    fn copy<T: Stored>(&self, picture: &Picture, frame: &mut Frame) -> Option<()> {
        let (width, _) = self.size;
        let components = &self.layout.components;
        let channels = components.len();
        let target = frame.samples_mut::<T>()?;
        let line_length = width * channels;
        let packed = self.is_packed_like_frame::<T>();
        for (channel, component) in components.iter().enumerate() {
            let plane = self.plane(picture, component)?;
            for (y, line) in target.chunks_exact_mut(line_length).enumerate() {
                let row = plane.row(y, width * component.step);
                if packed {
                    let bytes: &mut [u8] = bytemuck::cast_slice_mut(line);
                    bytes.copy_from_slice(row.get(..bytes.len())?);
                    continue;
                }
                for (pixel, stored) in line
                    .chunks_exact_mut(channels)
                    .zip(row.chunks_exact(component.step))
                {
                    if let Some(sample) = pixel.get_mut(channel) {
                        *sample = T::load(stored, component, self.layout.is_big_endian)?;
                    }
                }
            }
            if packed {
                break;
            }
        }
        Some(())
    }

    /// Whether rows are stored just as a frame has them.
    fn is_packed_like_frame<T: Sample>(&self) -> bool {
        let bytes = size_of::<T>();
        let channels = self.layout.components.len();
        let native = bytes == 1 || self.layout.is_big_endian == cfg!(target_endian = "big");
        native
            && self
                .layout
                .components
                .iter()
                .enumerate()
                .all(|(index, component)| {
                    component.plane == 0
                        && component.shift == 0
                        && component.step == bytes * channels
                        && component.offset == bytes * index
                })
    }

    fn luma<T: Stored + YuvSample>(&self, picture: &Picture, frame: &mut Frame) -> Option<()> {
        let (width, _) = self.size;
        let component = self.layout.components.first()?;
        let plane = self.plane(picture, component)?;
        let table = T::luma_table(self)?;
        let mut line = Vec::new();
        for (y, gray) in frame
            .samples_mut::<T>()?
            .chunks_exact_mut(width)
            .enumerate()
        {
            let row = plane.row(y, width * component.step);
            if component.step == 1 && component.shift == 0 && size_of::<T>() == 1 {
                table.apply(bytemuck::cast_slice(row), gray);
                continue;
            }
            line.clear();
            for stored in row.chunks_exact(component.step) {
                line.push(T::load(stored, component, self.layout.is_big_endian)?);
            }
            table.apply(&line, gray);
        }
        Some(())
    }

    fn yuv<T: Stored + YuvSample>(&self, picture: &Picture, frame: &mut Frame) -> Option<()> {
        let (width, height) = self.size;
        let (across, down) = self.layout.chroma_shift;
        let chroma = (width.div_ceil(1 << across), height.div_ceil(1 << down));
        let sizes = [(width, height), chroma, chroma];
        let mut planes: [std::borrow::Cow<'_, [T]>; 3] = Default::default();
        let mut strides = [0; 3];
        for (index, component) in self.layout.components.iter().take(3).enumerate() {
            let (columns, rows) = *sizes.get(index)?;
            let plane = picture.plane(component.plane, rows, columns * component.step)?;
            let (samples, stride) = T::plane_samples(plane, component, columns, rows)?;
            *planes.get_mut(index)? = samples;
            *strides.get_mut(index)? = stride;
        }
        let [y, u, v] = &planes;
        let planes = Planes {
            y,
            u,
            v,
            strides,
            width,
            height,
            chroma_shift: (across, down),
        };
        let channels = frame.format().color.channels();
        let target = frame.samples_mut::<T>()?;
        rgb_from_yuv(
            &planes,
            self.depth,
            self.matrix,
            self.range,
            channels,
            target,
        );
        if channels == 4 {
            let component = self.layout.components.get(3)?;
            let plane = self.plane(picture, component)?;
            for (y, line) in target.chunks_exact_mut(width * 4).enumerate() {
                let row = plane.row(y, width * component.step);
                for (pixel, stored) in line
                    .chunks_exact_mut(4)
                    .zip(row.chunks_exact(component.step))
                {
                    *pixel.get_mut(3)? = T::load(stored, component, self.layout.is_big_endian)?;
                }
            }
        }
        Some(())
    }

    fn rgb_luma<T: Stored + YuvSample>(&self, picture: &Picture, frame: &mut Frame) -> Option<()> {
        let channels = self.layout.components.len();
        let color = Color::from_channels(channels)?;
        let mut colored = Frame::zeroed(FrameFormat {
            color,
            ..*frame.format()
        });
        self.copy::<T>(picture, &mut colored)?;
        luma_of_rgb(
            colored.samples::<T>()?,
            channels,
            self.matrix,
            frame.samples_mut::<T>()?,
        );
        Some(())
    }

    fn palette(&self, picture: &Picture, frame: &mut Frame) -> Option<()> {
        let palette = picture.palette()?;
        let (width, height) = self.size;
        let plane = picture.plane(0, height, width)?;
        let channels = frame.format().color.channels();
        let target = frame.samples_mut::<u8>()?;
        for (y, line) in target.chunks_exact_mut(width * channels).enumerate() {
            for (pixel, &index) in line.chunks_exact_mut(channels).zip(plane.row(y, width)) {
                let start = usize::from(index) * 4;
                // A palette entry is a 32-bit word ARGB in the machine's order.
                let entry: [u8; 4] = palette.get(start..start + 4)?.try_into().ok()?;
                let [alpha, red, green, blue] = u32::from_ne_bytes(entry).to_be_bytes();
                for (sample, value) in pixel.iter_mut().zip([red, green, blue, alpha]) {
                    *sample = value;
                }
            }
        }
        Some(())
    }
}

/// A sample that planes store.
trait Stored: Sample {
    /// The value of a component at the start of its pixel's bytes.
    fn load(pixel: &[u8], component: &Component, is_big_endian: bool) -> Option<Self>;

    /// The table for luma of this type, if it has one.
    fn luma_table(unpacker: &Unpacker) -> Option<&LumaTable<Self>>;

    /// A component's plane as samples: borrowed when it is stored so, gathered when not; and its stride in samples.
    fn plane_samples<'a>(
        plane: Plane<'a>,
        component: &Component,
        columns: usize,
        rows: usize,
    ) -> Option<(std::borrow::Cow<'a, [Self]>, usize)> {
        let bytes = size_of::<Self>();
        let is_plain = component.step == bytes && component.offset == 0 && component.shift == 0;
        if is_plain
            && plane.stride.is_multiple_of(bytes)
            && let Ok(samples) = bytemuck::try_cast_slice(plane.data)
        {
            return Some((samples.into(), plane.stride / bytes));
        }
        let mut samples = Vec::with_capacity(columns * rows);
        for y in 0..rows {
            for pixel in plane
                .row(y, columns * component.step)
                .chunks_exact(component.step)
            {
                samples.push(Self::load(pixel, component, false)?);
            }
        }
        Some((samples.into(), columns))
    }
}

impl Stored for u8 {
    #[inline]
    fn load(pixel: &[u8], component: &Component, _is_big_endian: bool) -> Option<Self> {
        let value = pixel.get(component.offset)? >> component.shift;
        Some(value & (Self::MAX >> (8 - component.depth.min(8))))
    }

    fn luma_table(unpacker: &Unpacker) -> Option<&LumaTable<Self>> {
        Some(&unpacker.luma8)
    }
}

impl Stored for u16 {
    #[inline]
    fn load(pixel: &[u8], component: &Component, is_big_endian: bool) -> Option<Self> {
        let bytes = pixel
            .get(component.offset..component.offset + 2)?
            .try_into()
            .ok()?;
        let word = if is_big_endian {
            Self::from_be_bytes(bytes)
        } else {
            Self::from_le_bytes(bytes)
        };
        Some((word >> component.shift) & (Self::MAX >> (16 - component.depth.min(16))))
    }

    fn luma_table(unpacker: &Unpacker) -> Option<&LumaTable<Self>> {
        Some(&unpacker.luma16)
    }
}

impl Stored for f32 {
    #[inline]
    fn load(pixel: &[u8], component: &Component, is_big_endian: bool) -> Option<Self> {
        let bytes = pixel
            .get(component.offset..component.offset + 4)?
            .try_into()
            .ok()?;
        Some(if is_big_endian {
            Self::from_be_bytes(bytes)
        } else {
            Self::from_le_bytes(bytes)
        })
    }

    fn luma_table(_unpacker: &Unpacker) -> Option<&LumaTable<Self>> {
        // Float video is gray or RGB and never stored in a limited range.
        None
    }
}

fn kind_of(layout: &PixelLayout, gray: bool) -> Kind {
    let colors = layout.components.len();
    if layout.has_palette {
        return Kind::Palette;
    }
    if colors <= 2 {
        return Kind::Copy;
    }
    match (layout.is_rgb, gray) {
        (true, false) => Kind::Copy,
        (true, true) => Kind::RgbLuma,
        (false, true) => Kind::Luma,
        (false, false) => Kind::Yuv,
    }
}

/// The format to rewrite pictures to first, for those that are not stored in whole bytes or in one depth.
fn via(layout: &PixelLayout) -> Option<&'static str> {
    if layout.has_palette {
        return None;
    }
    let depth = layout.depth();
    let is_yuv = !layout.is_rgb && layout.components.len() >= 3;
    let odd_endian = layout.is_big_endian && depth.is_some_and(|depth| depth > 8);
    if layout.is_special {
        return Some(if layout.components.len() == 1 {
            "gray"
        } else {
            "rgb24"
        });
    }
    match depth {
        None => Some("rgb24"),
        Some(depth) if layout.is_rgb && depth < 8 => Some("rgb24"),
        Some(9..) if is_yuv && odd_endian => Some("yuv444p16le"),
        // Chroma that is shared by other than one or two pixels across.
        Some(8) if is_yuv && !layout.is_planar && layout.components.iter().any(|c| c.step > 2) => {
            Some("yuv422p")
        }
        _ => None,
    }
}

fn palette_is_opaque(picture: &Picture) -> bool {
    picture.palette().is_none_or(|palette| {
        palette.chunks_exact(4).all(|entry| {
            let entry: [u8; 4] = entry.try_into().unwrap_or([255; 4]);
            u32::from_ne_bytes(entry) >> 24 == 255
        })
    })
}

/// Turns a frame by quarter turns clockwise.
fn turn(frame: &mut Frame, turns: u32, format: &FrameFormat, limits: &Limits) -> Result<(), Error> {
    fn turned<T: Sample>(frame: &Frame, turns: u32, out: &mut Frame) -> Option<()> {
        let source = frame.view::<T>()?;
        let mut target = out.view_mut::<T>()?;
        let (height, width, _) = target.dim();
        for ((y, x, channel), sample) in target.indexed_iter_mut() {
            let from = match turns {
                1 => (width - 1 - x, y),
                2 => (height - 1 - y, width - 1 - x),
                _ => (x, height - 1 - y),
            };
            *sample = *source.get((from.0, from.1, channel))?;
        }
        Some(())
    }
    let mut out = Frame::empty();
    out.reset(format, limits)?;
    let _ = match format.sample {
        SampleType::U8 => turned::<u8>(frame, turns, &mut out),
        SampleType::U16 => turned::<u16>(frame, turns, &mut out),
        _ => turned::<f32>(frame, turns, &mut out),
    };
    out.stamp = frame.stamp.clone();
    *frame = out;
    Ok(())
}
