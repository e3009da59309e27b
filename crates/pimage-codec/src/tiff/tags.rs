//! The numbers of TIFF tags and of their values.

/// `NewSubfileType`: bit 0 a smaller version of another page, bit 2 a mask.
pub const NEW_SUBFILE_TYPE: u16 = 254;
/// `SubfileType`, the older form: 2 a smaller version of another page.
pub const SUBFILE_TYPE: u16 = 255;
/// Columns.
pub const IMAGE_WIDTH: u16 = 256;
/// Rows.
pub const IMAGE_LENGTH: u16 = 257;
/// Bits of each sample.
pub const BITS_PER_SAMPLE: u16 = 258;
/// How the pixels are packed.
pub const COMPRESSION: u16 = 259;
/// What the samples mean.
pub const PHOTOMETRIC: u16 = 262;
/// Which bit of a byte comes first: 1 the highest, 2 the lowest.
pub const FILL_ORDER: u16 = 266;
/// Text about the page; the dialects write their descriptions here.
pub const IMAGE_DESCRIPTION: u16 = 270;
/// The maker of the camera or scanner.
pub const MAKE: u16 = 271;
/// The camera or scanner.
pub const MODEL: u16 = 272;
/// Where the strips are.
pub const STRIP_OFFSETS: u16 = 273;
/// How the picture is turned; 1 is upright.
pub const ORIENTATION: u16 = 274;
/// Samples of a pixel.
pub const SAMPLES_PER_PIXEL: u16 = 277;
/// Rows of a strip.
pub const ROWS_PER_STRIP: u16 = 278;
/// Lengths of the strips, bytes.
pub const STRIP_BYTE_COUNTS: u16 = 279;
/// Largest sample; pimage writes 2^n-1 for samples of n bits.
pub const MAX_SAMPLE_VALUE: u16 = 281;
/// Pixels in a unit across.
pub const X_RESOLUTION: u16 = 282;
/// Pixels in a unit down.
pub const Y_RESOLUTION: u16 = 283;
/// 1 the samples of a pixel together, 2 each in a plane of its own.
pub const PLANAR_CONFIGURATION: u16 = 284;
/// 1 none, 2 inch, 3 centimetre.
pub const RESOLUTION_UNIT: u16 = 296;
/// The program that wrote the file.
pub const SOFTWARE: u16 = 305;
/// `YYYY:MM:DD HH:MM:SS`.
pub const DATE_TIME: u16 = 306;
/// Who made the picture.
pub const ARTIST: u16 = 315;
/// What was done before packing: 1 nothing, 2 differences of samples, 3 of the bytes of floats.
pub const PREDICTOR: u16 = 317;
/// Red, then green, then blue of each value, 16 bits each.
pub const COLOR_MAP: u16 = 320;
/// Columns of a tile.
pub const TILE_WIDTH: u16 = 322;
/// Rows of a tile.
pub const TILE_LENGTH: u16 = 323;
/// Where the tiles are.
pub const TILE_OFFSETS: u16 = 324;
/// Lengths of the tiles, bytes.
pub const TILE_BYTE_COUNTS: u16 = 325;
/// Directories of smaller versions of this page.
pub const SUB_IFDS: u16 = 330;
/// What the samples beyond the colours are: 0 unsaid, 1 premultiplied opacity, 2 opacity.
pub const EXTRA_SAMPLES: u16 = 338;
/// 1 unsigned, 2 signed, 3 float, 4 unsaid, 5 and 6 complex.
pub const SAMPLE_FORMAT: u16 = 339;
/// Largest sample, where 16 bits do not hold it.
pub const S_MAX_SAMPLE_VALUE: u16 = 341;
/// Quantisation and Huffman tables that all strips or tiles share.
pub const JPEG_TABLES: u16 = 347;
/// Luma's share of red, green and blue.
pub const YCBCR_COEFFICIENTS: u16 = 529;
/// Columns and rows of luma for each of chroma.
pub const YCBCR_SUBSAMPLING: u16 = 530;
/// Codes of black and white for each component.
pub const REFERENCE_BLACK_WHITE: u16 = 532;
/// Planes of a volume in one page.
pub const IMAGE_DEPTH: u16 = 32_997;
/// Colours of a 2x2 filter array.
pub const CFA_PATTERN: u16 = 33_422;
/// `MetaMorph`'s first table.
pub const UIC1: u16 = 33_628;
/// `MetaMorph`'s second table: distances and times; its count is that of the planes.
pub const UIC2: u16 = 33_629;
/// `MetaMorph`'s wavelengths.
pub const UIC3: u16 = 33_630;
/// `MetaMorph`'s fourth table.
pub const UIC4: u16 = 33_631;
/// Zeiss' description of a confocal recording.
pub const CZ_LSM_INFO: u16 = 34_412;

/// Values of [`COMPRESSION`].
pub mod compression {
    /// Not packed.
    pub const NONE: u16 = 1;
    /// Lempel, Ziv and Welch.
    pub const LZW: u16 = 5;
    /// JPEG, each strip or tile a stream.
    pub const JPEG: u16 = 7;
    /// zlib streams.
    pub const DEFLATE: u16 = 8;
    /// zlib streams, the number before it was standard.
    pub const OLD_DEFLATE: u16 = 32_946;
    /// Runs of bytes.
    pub const PACK_BITS: u16 = 32_773;
    /// zstd frames.
    pub const ZSTD: u16 = 50_000;
}

/// Values of [`PHOTOMETRIC`].
pub mod photometric {
    /// 0 is white.
    pub const MIN_IS_WHITE: u16 = 0;
    /// 0 is black.
    pub const MIN_IS_BLACK: u16 = 1;
    /// Red, green and blue.
    pub const RGB: u16 = 2;
    /// Indices of a colour map.
    pub const PALETTE: u16 = 3;
    /// Which pixels of another page are meant.
    pub const MASK: u16 = 4;
    /// Inks.
    pub const SEPARATED: u16 = 5;
    /// Luma and chroma.
    pub const YCBCR: u16 = 6;
    /// Samples under a colour filter.
    pub const CFA: u16 = 32_803;
    /// Samples of a camera before any processing.
    pub const LINEAR_RAW: u16 = 34_892;
}
