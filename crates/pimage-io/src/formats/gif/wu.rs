//! Splitting the colour cube where it lessens the variance most (X. Wu, "Efficient statistical computations for optimal color quantization", 1991).

use super::nearest::Rgb;
use super::palette::Bin;

/// Bits of each channel.
const BITS: u32 = 5;
/// Points of an axis: the cells, and a plane of zeros before them.
const SIDE: usize = (1 << BITS) + 1;
/// What is summed for each cell: count, channels, squares.
type Moment = [f64; 5];

/// Sums over all cells from the origin.
struct Moments(Vec<Moment>);

/// Cells `low..high` of each axis, in cells of the sums: `low` is left out.
#[derive(Debug, Clone, Copy)]
struct Block {
    low: [usize; 3],
    high: [usize; 3],
}

fn place([r, g, b]: [usize; 3]) -> usize {
    (r * SIDE + g) * SIDE + b
}

fn combine(a: &Moment, b: &Moment, sign: f64) -> Moment {
    let mut sum = *a;
    for (sum, b) in sum.iter_mut().zip(b) {
        *sum += sign * b;
    }
    sum
}

/// The square of the mean, times the count: the more, the less variance is left.
fn weight([count, r, g, b, _]: &Moment) -> f64 {
    if *count > 0.0 {
        (r * r + g * g + b * b) / count
    } else {
        0.0
    }
}

/// The sum of the squares of the distances to the mean.
fn variance(moment: &Moment) -> f64 {
    moment[4] - weight(moment)
}

impl Moments {
    fn new(points: &[(Rgb, Bin)]) -> Self {
        let mut cells = vec![[0.0; 5]; SIDE * SIDE * SIDE];
        for (mean, bin) in points {
            let cell = mean.map(|value| usize::from(value >> (8 - BITS)) + 1);
            let [r, g, b] = bin.sums.map(f64::from);
            let count = f64::from(bin.count);
            let squares = mean
                .iter()
                .map(|value| f64::from(*value).powi(2))
                .sum::<f64>()
                * count;
            if let Some(sum) = cells.get_mut(place(cell)) {
                *sum = combine(sum, &[count, r, g, b, squares], 1.0);
            }
        }
        // Summed along each axis in turn.
        for step in [1, SIDE, SIDE * SIDE] {
            for at in step..cells.len() {
                if (at / step) % SIDE == 0 {
                    continue;
                }
                if let (Some(before), Some(here)) =
                    (cells.get(at - step).copied(), cells.get_mut(at))
                {
                    *here = combine(here, &before, 1.0);
                }
            }
        }
        Self(cells)
    }

    /// The sum over a block.
    fn of(&self, block: &Block) -> Moment {
        let mut sum = [0.0; 5];
        for corner in 0..8usize {
            let mut point = block.high;
            let mut sign = 1.0;
            for (axis, (point, low)) in point.iter_mut().zip(block.low).enumerate() {
                if corner >> axis & 1 == 1 {
                    *point = low;
                    sign = -sign;
                }
            }
            if let Some(moment) = self.0.get(place(point)) {
                sum = combine(&sum, moment, sign);
            }
        }
        sum
    }

    /// The two halves that are least spread.
    fn split(&self, block: &Block) -> Option<(Block, Block)> {
        let whole = self.of(block);
        let mut best = None;
        let mut most = weight(&whole);
        for axis in 0..3 {
            for cut in block.low[axis] + 1..block.high[axis] {
                let (mut first, mut second) = (*block, *block);
                first.high[axis] = cut;
                second.low[axis] = cut;
                let half = self.of(&first);
                let rest = combine(&whole, &half, -1.0);
                if half[0] <= 0.0 || rest[0] <= 0.0 {
                    continue;
                }
                let found = weight(&half) + weight(&rest);
                if found > most {
                    most = found;
                    best = Some((first, second));
                }
            }
        }
        best
    }
}

/// At most `most` colours for counted colours, each the mean of a block of the cube.
pub(super) fn palette(points: &[(Rgb, Bin)], most: usize) -> Vec<Rgb> {
    let moments = Moments::new(points);
    let all = Block {
        low: [0; 3],
        high: [SIDE - 1; 3],
    };
    let mut blocks = vec![(variance(&moments.of(&all)), all)];
    while blocks.len() < most {
        let widest = blocks.iter_mut().max_by(|a, b| a.0.total_cmp(&b.0));
        let Some(widest) = widest.filter(|widest| widest.0 > 0.0) else {
            break;
        };
        match moments.split(&widest.1) {
            Some((first, second)) => {
                *widest = (variance(&moments.of(&first)), first);
                blocks.push((variance(&moments.of(&second)), second));
            }
            // It cannot be split, whatever its variance.
            None => widest.0 = 0.0,
        }
    }
    let mean = |block: &Block| {
        let [count, r, g, b, _] = moments.of(block);
        [r, g, b].map(|sum| (sum / count.max(1.0)).round().clamp(0.0, 255.0) as u8)
    };
    blocks.iter().map(|(_, block)| mean(block)).collect()
}
