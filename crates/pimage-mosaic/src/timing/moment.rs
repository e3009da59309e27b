//! Exact moments, to compare and to count with.

use num_rational::Ratio;
use pimage_core::{FrameRate, Timebase, Timestamp};

/// Seconds, exactly.
pub(crate) type Moment = Ratio<i128>;

/// The moment of a timestamp.
pub(crate) fn moment_of(time: Timestamp) -> Moment {
    let up = i128::from(time.ticks) * i128::from(time.base.numerator());
    Moment::new(up, i128::from(time.base.denominator()))
}

/// The time of a moment: exact where a timebase has ticks for it, else to the nearest nanosecond; `None` when it is too far.
pub(crate) fn timestamp_of(moment: Moment) -> Option<Timestamp> {
    let exact = || {
        let base = Timebase::new(1, u32::try_from(*moment.denom()).ok()?)?;
        Some(Timestamp::new(i64::try_from(*moment.numer()).ok()?, base))
    };
    let nearest = || {
        let (whole, part) = (moment.trunc().to_integer(), moment.fract());
        // Less than a second, so that this fits.
        let part = *part.numer() as f64 / *part.denom() as f64 * 1e9;
        let ticks = whole
            .checked_mul(1_000_000_000)?
            .checked_add(part.round() as i128)?;
        Some(Timestamp::new(
            i64::try_from(ticks).ok()?,
            Timebase::NANOSECONDS,
        ))
    };
    exact().or_else(nearest)
}

/// The time `frames` frames later at a rate; negative: earlier.
pub(crate) fn later(time: Timestamp, frames: i128, rate: FrameRate) -> Option<Timestamp> {
    let up = frames.checked_mul(i128::from(rate.denominator()))?;
    let duration = Moment::new(up, i128::from(rate.numerator()));
    let base = time.base;
    let moment = moment_of(time) + duration;
    // In the ticks of before where it falls on one.
    let ticks = moment * Moment::new(i128::from(base.denominator()), i128::from(base.numerator()));
    match (ticks.is_integer(), i64::try_from(ticks.to_integer())) {
        (true, Ok(ticks)) => Some(Timestamp::new(ticks, base)),
        _ => timestamp_of(moment),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_exact_where_there_are_ticks_for_them() {
        let ntsc = FrameRate::new(30_000, 1001).expect("is not zero");
        let third = later(ntsc.time_of(1), 2, ntsc);
        assert_eq!(third, Some(ntsc.time_of(3)));
        let before = later(Timestamp::new(5, Timebase::MILLISECONDS), -1, ntsc).expect("is near");
        assert_eq!(
            moment_of(before),
            Moment::new(5, 1000) - Moment::new(1001, 30_000)
        );
        let fine = Moment::new(1, 5_000_000_029) + Moment::from_integer(2);
        assert_eq!(
            timestamp_of(fine),
            Some(Timestamp::new(2_000_000_000, Timebase::NANOSECONDS))
        );
        assert_eq!(
            timestamp_of(Moment::from_integer(i128::from(i64::MAX) + 1)),
            None
        );
    }
}
