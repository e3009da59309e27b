//! Probabilities that learn: counters behind contexts, mixed by weights that learn too.

use crate::arith::BitCoder;

/// The logit that both tables end at.
const LIMIT: f32 = 12.0;

/// Entries in each table.
const ENTRIES: usize = 4096;

/// Counts of a counter.
const PACES: usize = 1024;

/// e to the power of `2 * LIMIT / ENTRIES`.
const E_STEP: f64 = 1.005_876_574_714_478_2;

/// e to the power of `-LIMIT`.
const E_LOWEST: f64 = 6.144_212_353_328_21e-6;

/// Logits and probabilities by table, made from products only, so that they are the same on every machine.
#[derive(Debug)]
struct Tables {
    /// The logit of `(i + 0.5) / 4096`.
    logit: Box<[f32; ENTRIES]>,
    /// Probability of 65536 of the logit `-12 + i * 24 / 4096`.
    probability: Box<[u16; ENTRIES]>,
    /// 65536 over how often a counter was asked, and a little.
    pace: Box<[u32; PACES]>,
}

impl Tables {
    fn new() -> Self {
        let mut odds = Vec::with_capacity(ENTRIES + 1);
        let mut value = E_LOWEST;
        for _ in 0..=ENTRIES {
            odds.push(value);
            value *= E_STEP;
        }
        let mut probability = Box::new([0; ENTRIES]);
        for (place, odds) in probability.iter_mut().zip(&odds) {
            *place = (odds / (1.0 + odds) * 65536.0).clamp(1.0, 65535.0) as u16;
        }
        let mut logit = Box::new([0.0; ENTRIES]);
        let mut at = 0;
        for (p, place) in logit.iter_mut().enumerate() {
            let p = (p as f64 + 0.5) / ENTRIES as f64;
            let wanted = p / (1.0 - p);
            while at + 2 < odds.len() && odds[at + 1] < wanted {
                at += 1;
            }
            let part = (wanted - odds[at]) / (odds[at + 1] - odds[at]);
            *place = (2.0 * f64::from(LIMIT) * (at as f64 + part) / ENTRIES as f64
                - f64::from(LIMIT)) as f32;
        }
        let mut pace = Box::new([0; PACES]);
        for (count, place) in pace.iter_mut().enumerate() {
            *place = (65536.0 / (count as f64 + 1.6)) as u32;
        }
        Self {
            logit,
            probability,
            pace,
        }
    }
}

/// Kinds of bits whose counters lie together.
const TOGETHER: usize = 16;

/// A counter that has seen nothing is zero: this is what is added to its probability.
const EVEN: u32 = 1 << 31;

/// What one kind of number is coded with: a counter for every context and node, and weights.
///
/// A bit is seen in `N` contexts.
#[derive(Debug)]
pub(crate) struct Mixer<const N: usize> {
    tables: Tables,
    /// 22 bits of probability over 10 bits of count; the first bits of all contexts of an input lie close together.
    counters: Vec<u32>,
    /// Where the counters of each input begin, and how many contexts it has.
    inputs: [(usize, usize); N],
    by_node: Vec<[f32; N]>,
    by_set: Vec<[f32; N]>,
    rate: f32,
    slowest: u32,
}

impl<const N: usize> Mixer<N> {
    /// For contexts below `sizes`, numbers of up to `nodes` kinds of bits, and `sets` of weights.
    pub(crate) fn new(sizes: [usize; N], nodes: usize, sets: usize) -> Self {
        let nodes = nodes.next_multiple_of(TOGETHER);
        let mut count = 0;
        let inputs = sizes.map(|size| {
            count += size * nodes;
            (count - size * nodes, size)
        });
        Self {
            tables: Tables::new(),
            counters: vec![0; count],
            inputs,
            by_node: vec![[2.1 / N as f32; N]; nodes],
            by_set: vec![[0.0; N]; sets],
            rate: 0.02,
            slowest: 400,
        }
    }

    /// Codes the bit `node` of a number whose contexts are `contexts`.
    #[inline]
    pub(crate) fn code<B: BitCoder>(
        &mut self,
        coder: &mut B,
        bit: bool,
        node: usize,
        contexts: &[usize; N],
        set: usize,
    ) -> bool {
        let mut inputs = [0.0_f32; N];
        let (mut places, mut counters) = ([0; N], [0; N]);
        for at in 0..N {
            let (first, size) = self.inputs[at];
            places[at] =
                first + (node / TOGETHER * size + contexts[at]) * TOGETHER + node % TOGETHER;
            counters[at] = self.counters[places[at]] ^ EVEN;
            inputs[at] = self.tables.logit[(counters[at] >> 20) as usize];
        }
        let (by_node, by_set) = (&mut self.by_node[node], &mut self.by_set[set]);
        let mut lanes = [0.0_f32; 4];
        for at in 0..N {
            lanes[at % 4] += inputs[at] * (by_node[at] + by_set[at]);
        }
        let logit = (lanes[0] + lanes[2]) + (lanes[1] + lanes[3]);
        let place = (logit.clamp(-LIMIT, LIMIT) + LIMIT) * (ENTRIES as f32 / (2.0 * LIMIT));
        let p = self.tables.probability[(place as usize).min(ENTRIES - 1)];
        let bit = coder.code(bit, u32::from(p));

        let wrong = f32::from(u8::from(bit)) - f32::from(p) * (1.0 / 65536.0);
        let pull = wrong * self.rate;
        for at in 0..N {
            by_node[at] += inputs[at] * pull;
            by_set[at] += inputs[at] * pull;
        }
        self.rate += (0.0015 - self.rate) * 0.0002;
        let target = if bit { (1_i64 << 22) - 1 } else { 0 };
        for at in 0..N {
            let (p, count) = (i64::from(counters[at] >> 10), counters[at] & 1023);
            let p = p + (((target - p) * i64::from(self.tables.pace[count as usize])) >> 16);
            let counter = (p as u32) << 10 | (count + u32::from(count < self.slowest));
            self.counters[places[at]] = counter ^ EVEN;
        }
        bit
    }
}
