//! The formulas of blending.

use pimage_core::{FrameFormat, SampleType};

use crate::vector::vectorized;

/// How two intensities become one: b below, l of the layer above, both as fractions of full scale.
///
/// These are the modes and the formulas of pImage, which has them from the Python package `blend_modes`, which has them from GIMP 2.8.
/// (The subtraction of that package forgets to scale; here it does what its name says.)
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum BlendMode {
    /// l.
    #[default]
    Normal,
    /// (1 - b) m + b s, where m is b l and s is what [`BlendMode::Screen`] makes.
    SoftLight,
    /// The larger of b and l.
    LightenOnly,
    /// b / (1 - l), at most 1; where l is 1, 1 unless b is 0.
    Dodge,
    /// b + l.
    Addition,
    /// The smaller of b and l.
    DarkenOnly,
    /// b l.
    Multiply,
    /// Where l is above 1/2, what [`BlendMode::Screen`] makes of b and 2 l - 1; else 2 b l.
    HardLight,
    /// The distance of b and l.
    Difference,
    /// b - l.
    Subtract,
    /// b - l + 1/2.
    GrainExtract,
    /// b + l - 1/2.
    GrainMerge,
    /// (256/255) b / (1/255 + l), at most 1.
    Divide,
    /// Where b is below 1/2, 2 b l; else 1 - 2 (1 - b) (1 - l).
    Overlay,
    /// 1 - (1 - b) (1 - l).
    Screen,
}

impl BlendMode {
    /// Every mode with its name.
    pub const ALL: [(&'static str, Self); 15] = [
        ("normal", Self::Normal),
        ("soft_light", Self::SoftLight),
        ("lighten_only", Self::LightenOnly),
        ("dodge", Self::Dodge),
        ("addition", Self::Addition),
        ("darken_only", Self::DarkenOnly),
        ("multiply", Self::Multiply),
        ("hard_light", Self::HardLight),
        ("difference", Self::Difference),
        ("subtract", Self::Subtract),
        ("grain_extract", Self::GrainExtract),
        ("grain_merge", Self::GrainMerge),
        ("divide", Self::Divide),
        ("overlay", Self::Overlay),
        ("screen", Self::Screen),
    ];
}

/// What samples can be: results are clamped to it; infinite for floats, which are not clamped.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    pub(super) full: f64,
    pub(super) low: f64,
    pub(super) high: f64,
}

impl Bounds {
    pub(super) fn of(format: &FrameFormat) -> Self {
        let full = format.full_scale();
        let (low, high) = match format.sample {
            SampleType::F32 | SampleType::F64 => (f64::NEG_INFINITY, f64::INFINITY),
            SampleType::I16 | SampleType::I32 => (-full - 1.0, full),
            _ => (0.0, full),
        };
        Self { full, low, high }
    }

    #[inline(always)]
    pub(super) fn clamp(self, value: f64) -> f64 {
        let value = if value < self.low { self.low } else { value };
        if value > self.high { self.high } else { value }
    }

    /// `value` over `divisor`, at most full scale.
    #[inline(always)]
    fn over(self, value: f64, divisor: f64) -> f64 {
        let quotient = value / divisor;
        let at_most_full = if quotient > self.full {
            self.full
        } else {
            quotient
        };
        let beyond = if value > 0.0 { self.full } else { value };
        if divisor > 0.0 { at_most_full } else { beyond }
    }

    #[inline(always)]
    fn screen(self, below: f64, layer: f64) -> f64 {
        below + layer - below * layer / self.full
    }
}

/// How much of the result shows: the same everywhere, or one for each sample.
#[derive(Debug, Clone, Copy)]
pub(super) enum Ratio<'a> {
    Even(f64),
    Each(&'a [f64]),
}

/// Blends a row of samples with those of a layer, in levels of the frame below.
pub(super) fn blend_row(
    mode: BlendMode,
    bounds: Bounds,
    below: &mut [f64],
    layer: &[f64],
    ratio: Ratio<'_>,
) {
    let full = bounds.full;
    let row = Row {
        bounds,
        below,
        layer,
        ratio,
    };
    match mode {
        BlendMode::Normal => row.each(
            #[inline(always)]
            |_, l| l,
        ),
        BlendMode::SoftLight => row.each(
            #[inline(always)]
            |b, l| {
                let product = b * l / full;
                ((full - b) * product + b * bounds.screen(b, l)) / full
            },
        ),
        BlendMode::LightenOnly => row.each(
            #[inline(always)]
            |b, l| if l > b { l } else { b },
        ),
        BlendMode::Dodge => row.each(
            #[inline(always)]
            |b, l| bounds.over(b * full, full - l),
        ),
        BlendMode::Addition => row.each(
            #[inline(always)]
            |b, l| b + l,
        ),
        BlendMode::DarkenOnly => row.each(
            #[inline(always)]
            |b, l| if l < b { l } else { b },
        ),
        BlendMode::Multiply => row.each(
            #[inline(always)]
            |b, l| bounds.clamp(b * l / full),
        ),
        BlendMode::HardLight => row.each(
            #[inline(always)]
            |b, l| {
                let upper = bounds.screen(b, 2.0 * l - full);
                let lower = 2.0 * b * l / full;
                bounds.clamp(if 2.0 * l > full { upper } else { lower })
            },
        ),
        BlendMode::Difference => row.each(
            #[inline(always)]
            |b, l| (b - l).abs(),
        ),
        BlendMode::Subtract => row.each(
            #[inline(always)]
            |b, l| b - l,
        ),
        BlendMode::GrainExtract => row.each(
            #[inline(always)]
            |b, l| bounds.clamp(b - l + full / 2.0),
        ),
        BlendMode::GrainMerge => row.each(
            #[inline(always)]
            |b, l| bounds.clamp(b + l - full / 2.0),
        ),
        BlendMode::Divide => row.each(
            #[inline(always)]
            |b, l| bounds.over(256.0 / 255.0 * b * full, full / 255.0 + l),
        ),
        BlendMode::Overlay => row.each(
            #[inline(always)]
            |b, l| {
                let lower = 2.0 * b * l / full;
                let upper = full - 2.0 * (full - b) * (full - l) / full;
                if 2.0 * b < full { lower } else { upper }
            },
        ),
        BlendMode::Screen => row.each(
            #[inline(always)]
            |b, l| bounds.screen(b, l),
        ),
    }
}

/// A row below, and the layer's.
struct Row<'a> {
    bounds: Bounds,
    below: &'a mut [f64],
    layer: &'a [f64],
    ratio: Ratio<'a>,
}

impl Row<'_> {
    #[inline(always)]
    fn each(self, formula: impl Fn(f64, f64) -> f64) {
        let bounds = self.bounds;
        let (below, layer) = (self.below, self.layer);
        vectorized(
            #[inline(always)]
            || match self.ratio {
                Ratio::Even(ratio) => {
                    for (below, layer) in below.iter_mut().zip(layer) {
                        *below = mix(bounds, &formula, *below, *layer, ratio);
                    }
                }
                Ratio::Each(ratios) => {
                    for (below, (layer, ratio)) in below.iter_mut().zip(layer.iter().zip(ratios)) {
                        *below = mix(bounds, &formula, *below, *layer, *ratio);
                    }
                }
            },
        );
    }
}

/// The sample below, or the result of `formula` as far as it shows.
#[inline(always)]
fn mix(
    bounds: Bounds,
    formula: impl Fn(f64, f64) -> f64,
    below: f64,
    layer: f64,
    ratio: f64,
) -> f64 {
    let mixed = bounds.clamp(formula(below, layer) * ratio + below * (1.0 - ratio));
    // Comparisons lose what is not a number.
    let mixed = if layer.is_nan() { layer } else { mixed };
    if ratio > 0.0 { mixed } else { below }
}

/// The opacities of the frame below and of the layer, 0 to 1, to the share of the blended colour and the opacity of the result.
#[inline(always)]
pub(super) fn composed(mode: BlendMode, below: f64, layer: f64, opacity: f64) -> (f64, f64) {
    let (shown, result) = match mode {
        BlendMode::Normal => {
            let shown = layer * opacity;
            (shown, shown + below * (1.0 - shown))
        }
        _ => (layer.min(below) * opacity, below),
    };
    let all = shown + below * (1.0 - shown);
    (if all > 0.0 { shown / all } else { 0.0 }, result)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_at_points_worked_out_by_hand() {
        let check = |mode: BlendMode, below: f64, layer: f64, expected: f64| {
            let mut row = [below];
            let bounds = Bounds {
                full: 255.0,
                low: 0.0,
                high: 255.0,
            };
            blend_row(mode, bounds, &mut row, &[layer], Ratio::Even(1.0));
            assert!(
                (row[0] - expected).abs() < 1e-9,
                "{mode:?}: {} is not {expected}",
                row[0]
            );
        };
        check(BlendMode::Normal, 10.0, 20.0, 20.0);
        check(
            BlendMode::SoftLight,
            51.0,
            102.0,
            (0.8 * 0.08 + 0.2 * 0.52) * 255.0,
        );
        check(BlendMode::LightenOnly, 10.0, 20.0, 20.0);
        check(BlendMode::DarkenOnly, 10.0, 20.0, 10.0);
        check(BlendMode::Dodge, 51.0, 204.0, 255.0);
        check(BlendMode::Dodge, 51.0, 127.5, 102.0);
        check(BlendMode::Dodge, 1.0, 255.0, 255.0);
        check(BlendMode::Dodge, 0.0, 255.0, 0.0);
        check(BlendMode::Addition, 200.0, 100.0, 255.0);
        check(BlendMode::Multiply, 51.0, 102.0, 20.4);
        check(BlendMode::HardLight, 51.0, 102.0, 40.8);
        check(BlendMode::HardLight, 51.0, 204.0, (1.0 - 0.8 * 0.4) * 255.0);
        check(BlendMode::Difference, 10.0, 30.0, 20.0);
        check(BlendMode::Subtract, 10.0, 30.0, 0.0);
        check(BlendMode::GrainExtract, 10.0, 30.0, 107.5);
        check(BlendMode::GrainMerge, 10.0, 30.0, 0.0);
        check(BlendMode::Divide, 51.0, 254.0, 51.0 / 255.0 * 256.0);
        check(BlendMode::Divide, 51.0, 0.0, 255.0);
        check(BlendMode::Overlay, 51.0, 102.0, 40.8);
        check(
            BlendMode::Overlay,
            204.0,
            102.0,
            (1.0 - 2.0 * 0.2 * 0.6) * 255.0,
        );
        check(BlendMode::Screen, 51.0, 102.0, 132.6);
    }

    #[test]
    fn floats_are_not_clamped_and_what_is_no_number_stays() {
        let bounds = Bounds {
            full: 1.0,
            low: f64::NEG_INFINITY,
            high: f64::INFINITY,
        };
        for (_, mode) in BlendMode::ALL {
            let mut row = [f64::NAN, 0.5, 0.5];
            let ratios = [0.5, 0.5, 0.0];
            blend_row(
                mode,
                bounds,
                &mut row,
                &[0.5, f64::NAN, f64::NAN],
                Ratio::Each(&ratios),
            );
            assert!(row[0].is_nan() && row[1].is_nan(), "{mode:?}");
            assert!((row[2] - 0.5).abs() < 1e-12, "{mode:?} where nothing shows");
        }
        let mut row = [0.25];
        blend_row(
            BlendMode::Subtract,
            bounds,
            &mut row,
            &[1.0],
            Ratio::Even(1.0),
        );
        assert!((row[0] + 0.75).abs() < 1e-12);
    }
}
