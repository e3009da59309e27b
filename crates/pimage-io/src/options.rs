//! What a caller may ask for when opening and creating.

use std::sync::Arc;

use pimage_core::{FrameRate, Limits, OnDamage};
use pimage_fs::{Disk, Storage};

use crate::RawSpec;

/// How to read; the default reads what is there, exactly, and stops at damage.
#[derive(Debug, Clone, Default)]
pub struct ReadOptions {
    /// Bounds on what a file may claim.
    pub limits: Limits,
    /// What to do at a damaged frame.
    pub on_damage: OnDamage,
    /// Deliver one gray channel of colour video: its luma, expanded to the full range.
    pub gray: bool,
    /// Turn Bayer-pattern frames into RGB.
    pub demosaic: bool,
    /// Leave the frames of a recording store that are coded (Bayer, YUV) as they are stored.
    pub undecoded: bool,
    /// Leave the rotation tag of a video unheeded.
    pub no_rotation: bool,
    /// The layout of headerless data; only for files that are opened as raw.
    pub raw: Option<RawSpec>,
    /// Read as this format, whatever the content looks like.
    pub format: Option<String>,
    /// Decoding threads; `None` is one for each core.
    pub threads: Option<usize>,
    /// Which array of a container with several: a member of an `.npz`, an array in a Zarr group, a series of a microscope's file.
    ///
    /// [`open`](crate::open) sets it from `path:name`.
    pub variable: Option<String>,
    /// What the dimensions of an array are, one letter each, such as `hwt`; `None` takes them from the format's conventions.
    ///
    /// `h` (or `y`) rows, `w` (or `x`) columns, and one of the letters of [`Axis`](pimage_core::Axis) for each other; `c` last is colour when it has 1 to 4 positions, `C` is colour anywhere.
    pub axes: Option<String>,
    /// How the names of a folder's files tell their positions, such as `img_T%t_Z%z_C%c.png`; `None` finds it out.
    pub pattern: Option<String>,
}

/// How to write; the default refuses to replace a file and waits for the disk.
#[derive(Debug, Clone)]
pub struct WriteOptions {
    /// Replace an existing output.
    pub overwrite: bool,
    /// Wait until the data are on the disk before the output gets its name.
    pub sync: bool,
    /// Where to write.
    pub storage: Arc<dyn Storage>,
    /// Write as this format, whatever the extension.
    pub format: Option<String>,
    /// Codec by name; `None` is the container's usual one.
    pub codec: Option<String>,
    /// `0` to `100`, or a codec's own scale: `crf=23`, `qp=0`, `q=3`.
    pub quality: Option<String>,
    /// The encoder's preset.
    pub preset: Option<String>,
    /// Every pixel comes back as it was, or it is an error.
    pub lossless: bool,
    /// Frames a second, instead of the source's rate and times.
    pub rate: Option<FrameRate>,
    /// Encoding threads; `None` is one for each core.
    pub threads: Option<usize>,
    /// Compression of formats that have several, by name and perhaps level: `none`, `deflate`, `zstd=9`; `None` is the format's usual one.
    pub compression: Option<String>,
    /// Add frames to the end of an existing output, where the format can.
    pub append: bool,
    /// Frames in each file, where the name has a number (`part_%03d.tif`); `None` is one, or as many as there are for a name without.
    pub frames_per_file: Option<u64>,
    /// What describes the pages of a TIFF stack.
    pub tiff: TiffMetadata,
    /// How to make a GIF.
    pub gif: GifOptions,
    /// How to cut an array into chunks.
    pub zarr: ZarrOptions,
}

/// What describes the pages of a TIFF stack to other programs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum TiffMetadata {
    /// OME for a name that ends in `.ome.tif`, else ImageJ's where ImageJ reads the pixels.
    #[default]
    Auto,
    /// Pages alone.
    None,
    /// ImageJ's text: axes, frame interval, pixel size.
    ImageJ,
    /// OME-XML: axes, frame interval, pixel size, channel names.
    Ome,
}

/// How to make a GIF.
#[derive(Debug, Clone, PartialEq)]
pub struct GifOptions {
    /// How often it is shown; 0 is for ever. Default 0.
    pub loops: u16,
    /// Show it there and back, so that it has no jump. Default no.
    pub seamless: bool,
    /// Most colours in a palette, 2 to 256. Default 256.
    pub max_colors: u16,
    /// Greatest size of the file, bytes: fewer colours and a coarser match are tried until it fits. Default none.
    pub max_bytes: Option<u64>,
    /// One palette for all frames instead of one for each. Default no.
    pub global_palette: bool,
    /// How colours that are in no palette are shown.
    pub dither: Dither,
}

impl Default for GifOptions {
    fn default() -> Self {
        Self {
            loops: 0,
            seamless: false,
            max_colors: 256,
            max_bytes: None,
            global_palette: false,
            dither: Dither::default(),
        }
    }
}

/// How colours that are in no palette are shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Dither {
    /// By the nearest one: least error, smallest file.
    #[default]
    None,
    /// By a fixed pattern of neighbours, which stands still in time.
    Ordered,
    /// By passing the error on to the neighbours (Floyd and Steinberg).
    Diffusion,
}

/// How to cut an array into chunks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ZarrOptions {
    /// (frames, rows, columns) of a chunk; `None` is one frame or as many as make about a megabyte.
    pub chunk: Option<[u64; 3]>,
    /// (frames, rows, columns) of a shard, which is one file; `None` is no shards.
    pub shard: Option<[u64; 3]>,
    /// Write an OME-Zarr group with this many resolutions, each half of the one before; `None` is a plain array.
    pub levels: Option<u8>,
}

impl Default for WriteOptions {
    fn default() -> Self {
        Self {
            overwrite: false,
            sync: true,
            storage: Arc::new(Disk),
            format: None,
            codec: None,
            quality: None,
            preset: None,
            lossless: false,
            rate: None,
            threads: None,
            compression: None,
            append: false,
            frames_per_file: None,
            tiff: TiffMetadata::default(),
            gif: GifOptions::default(),
            zarr: ZarrOptions::default(),
        }
    }
}
