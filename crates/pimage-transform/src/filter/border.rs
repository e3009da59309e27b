//! What stands beyond the edge of a frame, for filters.

/// The place of a row or column that may lie outside of the `len` there are, mirrored at the middle of the outermost one
/// as often as needed: `dcb|abcd|cba`, OpenCV's reflect-101.
pub(super) fn mirrored(place: isize, len: usize) -> usize {
    if len < 2 {
        return 0;
    }
    let period = 2 * (len - 1);
    let place = place.rem_euclid(period as isize) as usize;
    place.min(period - place)
}

/// Copies what belongs beyond the ends of a row into its margins of `radius` pixels on each side.
///
/// `row` has margins and `pixels` of `channels` samples between them; `place` says which pixel goes where.
pub(super) fn fill_margins<T: Copy>(
    row: &mut [T],
    radius: usize,
    channels: usize,
    place: impl Fn(isize, usize) -> usize,
) {
    let pixels = (row.len() / channels).saturating_sub(2 * radius);
    if pixels == 0 {
        return;
    }
    let outside = (0..radius).chain(radius + pixels..2 * radius + pixels);
    for target in outside {
        let source = radius + place(target as isize - radius as isize, pixels);
        row.copy_within(
            source * channels..(source + 1) * channels,
            target * channels,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mirrors_as_often_as_needed() {
        let places: Vec<_> = (-5..7).map(|place| mirrored(place, 3)).collect();
        assert_eq!(places, [1, 0, 1, 2, 1, 0, 1, 2, 1, 0, 1, 2]);
        assert_eq!(mirrored(-7, 1), 0);
    }

    #[test]
    fn margins_take_whole_pixels() {
        let mut row = [0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 0, 0, 0, 0];
        fill_margins(&mut row, 2, 2, mirrored);
        assert_eq!(row, [5, 6, 3, 4, 1, 2, 3, 4, 5, 6, 3, 4, 1, 2]);
    }
}
