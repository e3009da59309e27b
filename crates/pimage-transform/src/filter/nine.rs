//! The median of 3 x 3 pixels, two rows at a time: no more than comparisons of whole rows.

use super::convolve::Layout;
use super::median::Order;
use crate::vector::vectorized;

/// The middle one of three.
#[inline(always)]
fn middle_of<T: Order>(first: T, second: T, third: T) -> T {
    let (least, most) = (first.least(second), first.most(second));
    least.most(most.least(third))
}

/// Sorts three of which two are in order.
#[inline(always)]
fn insert<T: Order>(sample: T, low: T, high: T) -> (T, T, T) {
    let other = sample.most(low);
    (sample.least(low), other.least(high), other.most(high))
}

/// The median of three sorted columns of three: the greatest of the least, the least of the greatest and the middle of the middle
/// have it in their middle.
#[inline(always)]
fn median_of<T: Order>((a, d, g): (T, T, T), (b, e, h): (T, T, T), (c, f, i): (T, T, T)) -> T {
    middle_of(a.most(b).most(c), middle_of(d, e, f), g.least(h).least(i))
}

/// Two columns of three, sorted, from four samples of which they share two.
#[inline(always)]
fn two_columns<T: Order>([above, first, second, below]: [T; 4]) -> ((T, T, T), (T, T, T)) {
    let (low, high) = (first.least(second), first.most(second));
    (insert(above, low, high), insert(below, low, high))
}

/// The medians of two windows of 3 x 3, one below the other, from columns of four: they share the sorting of the middle two.
#[inline(always)]
fn two_medians<T: Order>(left: [T; 4], center: [T; 4], right: [T; 4]) -> [T; 2] {
    let (left, center, right) = (two_columns(left), two_columns(center), two_columns(right));
    [
        median_of(left.0, center.0, right.0),
        median_of(left.1, center.1, right.1),
    ]
}

/// Replaces each sample by the median of 3 x 3 of its channel; beyond the edge the outermost pixels are repeated.
pub(super) fn medians_of_nine<T: Order>(input: &[T], output: &mut [T], layout: Layout) {
    let (channels, row_len) = (layout.channels, layout.row_len());
    let height = input.len() / row_len;
    let row = |y: usize| {
        let start = y.min(height.saturating_sub(1)) * row_len;
        input.get(start..start + row_len).unwrap_or_default()
    };
    // What is below a frame of one row.
    let mut unused = match height {
        1 => vec![T::default(); row_len],
        _ => Vec::new(),
    };
    vectorized(
        #[inline(always)]
        || {
            for y in (0..height).step_by(2) {
                // The last two of an odd number of rows: one of them once more.
                let y = y.min(height.saturating_sub(2));
                let rows = [row(y.saturating_sub(1)), row(y), row(y + 1), row(y + 2)];
                let results = output.get_mut(y * row_len..).unwrap_or_default();
                if let Some((first, rest)) = results.split_at_mut_checked(row_len) {
                    let second = rest.get_mut(..row_len).unwrap_or(&mut unused);
                    ends(rows, channels, first, second);
                    middles(rows, channels, first, second);
                }
            }
        },
    );
}

/// The outermost pixels of two rows, which are neighbours of their own.
#[inline(always)]
fn ends<T: Order>(rows: [&[T]; 4], channels: usize, first: &mut [T], second: &mut [T]) {
    let [a, b, c, d] = rows;
    let at = |row: &[T], place: usize| row.get(place).copied().unwrap_or_default();
    let column = |place: usize| [at(a, place), at(b, place), at(c, place), at(d, place)];
    let last = first.len() - channels;
    for place in (0..channels).chain(last..last + channels) {
        let left = place.checked_sub(channels).unwrap_or(place);
        let right = if place < last {
            place + channels
        } else {
            place
        };
        let medians = two_medians(column(left), column(place), column(right));
        if let (Some(first), Some(second)) = (first.get_mut(place), second.get_mut(place)) {
            [*first, *second] = medians;
        }
    }
}

/// All pixels of two rows but the outermost.
#[inline(always)]
fn middles<'a, T: Order>(rows: [&'a [T]; 4], channels: usize, first: &mut [T], second: &mut [T]) {
    let len = first.len().saturating_sub(2 * channels);
    let [a, b, c, d] = rows;
    let part = |row: &'a [T], start: usize| row.get(start..start + len).unwrap_or_default();
    let at = |start: usize| {
        [
            part(a, start),
            part(b, start),
            part(c, start),
            part(d, start),
        ]
    };
    let columns = [at(0), at(channels), at(2 * channels)];
    let inner = channels..channels + len;
    let first = first.get_mut(inner.clone()).unwrap_or_default();
    let second = second.get_mut(inner).unwrap_or_default();
    match len {
        128.. => in_blocks::<T, 128>(columns, first, second),
        16.. => in_blocks::<T, 16>(columns, first, second),
        _ => in_blocks::<T, 1>(columns, first, second),
    }
}

/// Whole blocks, the last of which overlaps the one before.
#[inline(always)]
fn in_blocks<T: Order, const N: usize>(
    [left, center, right]: [[&[T]; 4]; 3],
    first: &mut [T],
    second: &mut [T],
) {
    let len = first.len();
    for start in (0..len).step_by(N) {
        let start = start.min(len.saturating_sub(N));
        let columns = (
            chunks::<T, N>(left, start),
            chunks::<T, N>(center, start),
            chunks::<T, N>(right, start),
        );
        let (first, second) = (first.get_mut(start..), second.get_mut(start..));
        let first = first.and_then(|row| row.first_chunk_mut());
        let second = second.and_then(|row| row.first_chunk_mut());
        if let (Some(left), Some(center), Some(right)) = columns
            && let (Some(first), Some(second)) = (first, second)
        {
            block(left, center, right, first, second);
        }
    }
}

#[inline(always)]
fn chunks<T, const N: usize>([a, b, c, d]: [&[T]; 4], start: usize) -> Option<[&[T; N]; 4]> {
    Some([
        a.get(start..)?.first_chunk()?,
        b.get(start..)?.first_chunk()?,
        c.get(start..)?.first_chunk()?,
        d.get(start..)?.first_chunk()?,
    ])
}

/// The medians of a block. A function of its own, so that the compiler knows that nothing overlaps.
#[inline(always)]
fn block<T: Order, const N: usize>(
    [a, b, c, d]: [&[T; N]; 4],
    [e, f, g, h]: [&[T; N]; 4],
    [i, j, k, l]: [&[T; N]; 4],
    first: &mut [T; N],
    second: &mut [T; N],
) {
    for lane in 0..N {
        let left = [a[lane], b[lane], c[lane], d[lane]];
        let center = [e[lane], f[lane], g[lane], h[lane]];
        let right = [i[lane], j[lane], k[lane], l[lane]];
        [first[lane], second[lane]] = two_medians(left, center, right);
    }
}
