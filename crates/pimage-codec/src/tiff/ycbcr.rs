//! Luma and chroma as TIFF stores them, turned into RGB.

/// How units of luma and chroma become colours.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Units {
    pub(crate) unit: (u32, u32),
    pub(crate) shares: [f64; 3],
    pub(crate) range: [f64; 6],
}

impl Units {
    /// Bytes of `width` columns and `height` rows.
    pub(crate) fn bytes(&self, width: u32, height: u32) -> Option<usize> {
        let (x, y) = self.unit;
        let units = (width.div_ceil(x) as usize).checked_mul(height.div_ceil(y) as usize)?;
        units.checked_mul((x * y) as usize + 2)
    }

    /// Fills `rgb`, rows of `width` pixels, from units in rows.
    pub(crate) fn convert(&self, bytes: &[u8], width: u32, rgb: &mut [u8]) {
        let (x, y) = (self.unit.0 as usize, self.unit.1 as usize);
        let width = width as usize;
        let across = width.div_ceil(x);
        let unit_bytes = x * y + 2;
        for (row, line) in rgb.chunks_mut(width * 3).enumerate() {
            let units = bytes.chunks_exact(unit_bytes).skip(row / y * across);
            for (unit, pixels) in units.zip(line.chunks_mut(x * 3)) {
                let (luma, chroma) = unit.split_at(x * y);
                let luma = luma.chunks_exact(x).nth(row % y).unwrap_or_default();
                let [cb, cr] = chroma else { continue };
                for (pixel, luma) in pixels.as_chunks_mut::<3>().0.iter_mut().zip(luma) {
                    *pixel = self.color(*luma, *cb, *cr);
                }
            }
        }
    }

    fn color(&self, luma: u8, cb: u8, cr: u8) -> [u8; 3] {
        let [y0, y1, cb0, cb1, cr0, cr1] = self.range;
        let scaled = |code: u8, black: f64, white: f64, full: f64| {
            (f64::from(code) - black) * full / (white - black)
        };
        let luma = scaled(luma, y0, y1, 255.0);
        let (cb, cr) = (scaled(cb, cb0, cb1, 127.0), scaled(cr, cr0, cr1, 127.0));
        let [red_share, green_share, blue_share] = self.shares;
        let red = cr * (2.0 - 2.0 * red_share) + luma;
        let blue = cb * (2.0 - 2.0 * blue_share) + luma;
        let green = (luma - blue_share * blue - red_share * red) / green_share;
        // A cast saturates, and takes no number (from senseless tags) for 0.
        [red, green, blue].map(|value| value.round() as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const UNITS: Units = Units {
        unit: (2, 2),
        shares: [0.299, 0.587, 0.114],
        range: [0.0, 255.0, 128.0, 255.0, 128.0, 255.0],
    };

    #[test]
    fn units_cover_odd_sizes() {
        assert_eq!(UNITS.bytes(3, 3), Some(4 * 6));
        let mut bytes = Vec::new();
        for luma in [10, 20, 30, 40] {
            bytes.extend([luma, luma + 1, luma + 2, luma + 3, 128, 128]);
        }
        let mut rgb = [0; 27];
        UNITS.convert(&bytes, 3, &mut rgb);
        let gray: Vec<u8> = rgb.iter().step_by(3).copied().collect();
        assert_eq!(gray, [10, 11, 20, 12, 13, 22, 30, 31, 40]);
    }

    #[test]
    fn colors_are_those_of_the_matrix() {
        let [red, green, blue] = UNITS.color(76, 85, 255);
        assert!(
            red >= 253 && green <= 1 && blue <= 1,
            "{red} {green} {blue}"
        );
    }
}
