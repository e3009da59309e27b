//! How far two recordings are apart: per frame, and over all.

mod metrics;
mod pairs;
mod ssim;

pub(crate) use metrics::{Difference, psnr};
pub(crate) use pairs::{Outcome, each_pair};
