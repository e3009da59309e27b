//! Probabilities that learn: counters behind contexts, mixed by weights that learn too.

use crate::arith::BitCoder;

/// How many contexts a bit is seen in; the last place is that of a constant.
pub(crate) const INPUTS: usize = 8;

/// The logit that both tables end at.
const LIMIT: f32 = 12.0;

/// Entries in each table.
const ENTRIES: usize = 4096;

/// e to the power of `2 * LIMIT / ENTRIES`.
const E_STEP: f64 = 1.005_876_574_714_478_2;

/// e to the power of `-LIMIT`.
const E_LOWEST: f64 = 6.144_212_353_328_21e-6;

/// Logits and probabilities by table, made from products only, so that they are the same on every machine.
#[derive(Debug)]
struct Tables {
    /// The logit of `(i + 0.5) / 4096`.
    logit: Vec<f32>,
    /// Probability of 65536 of the logit `-12 + i * 24 / 4096`.
    probability: Vec<u16>,
    /// Weight of a counter's say by how often it was asked.
    trust: Vec<f32>,
    /// 65536 over how often a counter was asked, and a little.
    pace: Vec<u32>,
}

impl Tables {
    fn new() -> Self {
        let mut odds = Vec::with_capacity(ENTRIES + 1);
        let mut value = E_LOWEST;
        for _ in 0..=ENTRIES {
            odds.push(value);
            value *= E_STEP;
        }
        let probability = odds
            .iter()
            .take(ENTRIES)
            .map(|odds| (odds / (1.0 + odds) * 65536.0).clamp(1.0, 65535.0) as u16)
            .collect();
        let mut at = 0;
        let logit = (0..ENTRIES)
            .map(|p| {
                let p = (p as f64 + 0.5) / ENTRIES as f64;
                let wanted = p / (1.0 - p);
                while at + 2 < odds.len() && odds[at + 1] < wanted {
                    at += 1;
                }
                let part = (wanted - odds[at]) / (odds[at + 1] - odds[at]);
                (2.0 * f64::from(LIMIT) * (at as f64 + part) / ENTRIES as f64 - f64::from(LIMIT))
                    as f32
            })
            .collect();
        Self {
            logit,
            probability,
            trust: (0..1024)
                .map(|n| (n as f32 + 0.4) / (n as f32 + 1.6))
                .collect(),
            pace: (0..1024)
                .map(|n| (65536.0 / (f64::from(n) + 1.6)) as u32)
                .collect(),
        }
    }
}

/// What one kind of number is coded with: a counter for every context and node, and weights.
#[derive(Debug)]
pub(crate) struct Mixer {
    tables: Tables,
    /// 22 bits of probability over 10 bits of count, by input.
    counters: [Vec<u32>; INPUTS - 1],
    by_node: Vec<[f32; INPUTS]>,
    by_set: Vec<[f32; INPUTS]>,
    nodes: usize,
    rate: f32,
    slowest: u32,
}

impl Mixer {
    /// For contexts below `sizes`, numbers of up to `nodes` kinds of bits, and `sets` of weights.
    pub(crate) fn new(sizes: [usize; INPUTS - 1], nodes: usize, sets: usize) -> Self {
        Self {
            tables: Tables::new(),
            counters: sizes.map(|size| vec![1 << 31; size * nodes]),
            by_node: vec![[0.3; INPUTS]; nodes],
            by_set: vec![[0.0; INPUTS]; sets],
            nodes,
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
        contexts: &[usize; INPUTS - 1],
        set: usize,
    ) -> bool {
        let mut inputs = [0.4_f32; INPUTS];
        for (input, (counters, context)) in
            inputs.iter_mut().zip(self.counters.iter().zip(contexts))
        {
            let counter = counters[context * self.nodes + node];
            let trust = self.tables.trust[(counter & 1023) as usize];
            *input = self.tables.logit[(counter >> 20) as usize] * trust;
        }
        let (by_node, by_set) = (&mut self.by_node[node], &mut self.by_set[set]);
        let mut lanes = [0.0_f32; 4];
        for at in 0..INPUTS {
            lanes[at % 4] += inputs[at] * (by_node[at] + by_set[at]);
        }
        let logit = (lanes[0] + lanes[1]) + (lanes[2] + lanes[3]);
        let place = (logit.clamp(-LIMIT, LIMIT) + LIMIT) * (ENTRIES as f32 / (2.0 * LIMIT));
        let p = self.tables.probability[(place as usize).min(ENTRIES - 1)];
        let bit = coder.code(bit, u32::from(p));

        let wrong = f32::from(u8::from(bit)) - f32::from(p) * (1.0 / 65536.0);
        let pull = wrong * self.rate;
        for at in 0..INPUTS {
            by_node[at] += inputs[at] * pull;
            by_set[at] += inputs[at] * pull;
        }
        self.rate += (0.0015 - self.rate) * 0.0002;
        let target = if bit { (1_i64 << 22) - 1 } else { 0 };
        for (counters, context) in self.counters.iter_mut().zip(contexts) {
            let counter = &mut counters[context * self.nodes + node];
            let (p, count) = (i64::from(*counter >> 10), *counter & 1023);
            let p = p + (((target - p) * i64::from(self.tables.pace[count as usize])) >> 16);
            *counter = (p as u32) << 10 | (count + u32::from(count < self.slowest));
        }
        bit
    }
}
