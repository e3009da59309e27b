//! Weights of the Gaussian, as OpenCV has them.

/// The weights of one half of a symmetric kernel: that of the middle first.
///
/// They reach `reach` standard deviations to each side, and their sum over both halves is 1.
pub(super) fn gaussian(sigma: f64, reach: f64) -> Vec<f64> {
    if sigma <= 0.0 {
        return vec![1.0];
    }
    let size = (sigma * reach * 2.0 + 1.0).round_ties_even() as usize | 1;
    let scale = -0.5 / (sigma * sigma);
    let weight = |distance: usize| ((distance * distance) as f64 * scale).exp();
    // From the tail, so that what is small is added first.
    let tails: f64 = (1..=size / 2).rev().map(weight).sum();
    let sum = 2.0 * tails + 1.0;
    (0..=size / 2).map(|place| weight(place) / sum).collect()
}

/// The same weights in 256ths, whose sum over both halves is exactly 256:
/// what is lost in rounding one weight goes on to the next, from the tail to the middle.
pub(super) fn in_256ths(weights: &[f64]) -> Vec<u16> {
    let mut rounded = vec![0; weights.len()];
    let mut error = 0.0;
    let mut sum = 0;
    let tails = rounded.iter_mut().zip(weights).skip(1).rev();
    for (rounded, weight) in tails {
        let exact = weight * 256.0 + error;
        let nearest = exact.round_ties_even();
        error = exact - nearest;
        *rounded = nearest as u16;
        sum += *rounded;
    }
    if let Some(middle) = rounded.first_mut() {
        *middle = 256 - 2 * sum;
    }
    rounded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_those_of_opencv() {
        // cv2.getGaussianKernel(7, 1), to six places.
        let weights = gaussian(1.0, 3.0);
        let shown: Vec<_> = weights
            .iter()
            .map(|weight| format!("{weight:.6}"))
            .collect();
        assert_eq!(shown, ["0.399050", "0.242036", "0.054006", "0.004433"]);
        assert_eq!(in_256ths(&weights), [102, 62, 14, 1]);
        assert_eq!(gaussian(0.0, 3.0), [1.0]);
    }

    #[test]
    fn weights_sum_to_one() {
        for sigma in [0.1, 0.5, 1.3, 2.0, 7.7, 40.0, 1000.0] {
            let weights = gaussian(sigma, 3.0);
            let sum: f64 = 2.0 * weights.iter().skip(1).sum::<f64>() + weights[0];
            assert!((sum - 1.0).abs() < 1e-12, "{sigma}: {sum}");
            let rounded = in_256ths(&weights);
            let sum = 2 * rounded.iter().skip(1).sum::<u16>() + rounded[0];
            assert_eq!(sum, 256, "{sigma}");
        }
    }
}
