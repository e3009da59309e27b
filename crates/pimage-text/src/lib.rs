//! Text on frames: a bundled font or any TTF or OTF, outlines and shadows, on every sample type.
