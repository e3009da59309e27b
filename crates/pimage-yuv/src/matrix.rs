//! What the three stored numbers mean.

/// How luma and colour differences are made of red, green and blue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Matrix {
    /// ITU-R BT.601: standard definition, JPEG.
    Bt601,
    /// ITU-R BT.709: high definition.
    Bt709,
    /// ITU-R BT.2020, non-constant luminance.
    Bt2020,
    /// FCC 73.682.
    Fcc,
    /// SMPTE 240M.
    Smpte240,
    /// `YCgCo`: green and orange differences, without fractions.
    YCgCo,
}

impl Matrix {
    /// The usual rule where a stream does not say: BT.601 below 720 lines, else BT.709.
    #[must_use]
    pub const fn usual_for(height: u32) -> Self {
        if height < 720 {
            Self::Bt601
        } else {
            Self::Bt709
        }
    }

    /// `bt601`, `bt709` …
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bt601 => "bt601",
            Self::Bt709 => "bt709",
            Self::Bt2020 => "bt2020",
            Self::Fcc => "fcc",
            Self::Smpte240 => "smpte240",
            Self::YCgCo => "ycgco",
        }
    }

    /// Weights of red and blue in luma; that of green is the rest.
    #[must_use]
    pub const fn weights(self) -> (f64, f64) {
        match self {
            Self::Bt601 => (0.299, 0.114),
            Self::Bt709 => (0.2126, 0.0722),
            Self::Bt2020 => (0.2627, 0.0593),
            Self::Fcc => (0.30, 0.11),
            Self::Smpte240 => (0.212, 0.087),
            Self::YCgCo => (0.25, 0.25),
        }
    }

    /// What one unit of U and of V (from -0.5 to 0.5) adds to red, green and blue.
    pub(crate) fn chroma_to_rgb(self) -> [(f64, f64); 3] {
        if self == Self::YCgCo {
            return [(-1.0, 1.0), (1.0, 0.0), (-1.0, -1.0)];
        }
        let (red, blue) = self.weights();
        let green = 1.0 - red - blue;
        let from_u = 2.0 * (1.0 - blue);
        let from_v = 2.0 * (1.0 - red);
        [
            (0.0, from_v),
            (-from_u * blue / green, -from_v * red / green),
            (from_u, 0.0),
        ]
    }

    /// Rows of the matrix that makes Y, U and V (from -0.5 to 0.5) of red, green and blue.
    pub(crate) fn rgb_to_yuv(self) -> [[f64; 3]; 3] {
        if self == Self::YCgCo {
            return [[0.25, 0.5, 0.25], [-0.25, 0.5, -0.25], [0.5, 0.0, -0.5]];
        }
        let (red, blue) = self.weights();
        let green = 1.0 - red - blue;
        let (u, v) = (0.5 / (1.0 - blue), 0.5 / (1.0 - red));
        [
            [red, green, blue],
            [-red * u, -green * u, 0.5],
            [0.5, -green * v, -blue * v],
        ]
    }
}

/// Which numbers are black and white.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Range {
    /// All of them: 0 to 255 in 8 bits.
    Full,
    /// 16 to 235 for luma and 16 to 240 for chroma in 8 bits, shifted left in more.
    Limited,
}

impl Range {
    /// `full` or `limited`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Limited => "limited",
        }
    }

    /// Luma of black, and the distance from black to white.
    pub(crate) fn luma(self, depth: u32) -> (f64, f64) {
        match self {
            Self::Full => (0.0, 2f64.powi(depth as i32) - 1.0),
            Self::Limited => {
                let unit = 2f64.powi(depth as i32 - 8);
                (16.0 * unit, 219.0 * unit)
            }
        }
    }

    /// Chroma of gray, and the distance from the least to the greatest.
    pub(crate) fn chroma(self, depth: u32) -> (f64, f64) {
        let middle = 2f64.powi(depth as i32 - 1);
        match self {
            Self::Full => (middle, 2f64.powi(depth as i32) - 1.0),
            Self::Limited => (middle, 224.0 * 2f64.powi(depth as i32 - 8)),
        }
    }
}
