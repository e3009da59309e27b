//! Sizes of what is around the data, from the size of the figure.

/// Sizes in pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Metrics {
    /// Size of numbers and labels.
    pub(crate) font: f64,
    /// Size of the title.
    pub(crate) title: f64,
    /// Width of lines that show data.
    pub(crate) line: f64,
    /// Diameter of dots.
    pub(crate) dot: f64,
    /// Width of axes and grid, whole.
    pub(crate) hair: f64,
    /// Length of marks at numbers, whole.
    pub(crate) tick: f64,
    /// Room for names that run upwards.
    pub(crate) name: f64,
    /// Room between things.
    pub(crate) gap: f64,
}

/// Height of a line of text over its size, as the bundled font has it.
pub(crate) const LINE_HEIGHT: f64 = 1.17;

impl Metrics {
    pub(crate) fn of(width: u32, height: u32) -> Self {
        let side = (f64::from(width) * f64::from(height)).sqrt();
        // 10 pixels at 320x240, 13 at 640x480, 24 at 1920x1080.
        let font = (side * 0.012 + 6.5).clamp(9.0, 120.0);
        Self {
            font,
            title: font * 1.15,
            line: (font / 8.5).max(1.1),
            dot: font * 0.42,
            hair: (font / 13.0).round().max(1.0),
            tick: (font * 0.32).round().max(2.0),
            name: f64::from(height) * 0.2,
            gap: font * 0.4,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_follow_the_figure() {
        let font = |width, height| Metrics::of(width, height).font.round() as i32;
        assert_eq!(
            [font(320, 240), font(640, 480), font(1920, 1080)],
            [10, 13, 24]
        );
        assert_eq!(Metrics::of(640, 480).hair as i32, 1);
    }
}
