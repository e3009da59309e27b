//! What x265 must be told about small pictures.

/// Pictures less wide than this are narrow, pixels.
const NARROW: u32 = 64;

/// Parameters without which x265 codes small pictures wrongly.
///
/// Where a picture is exactly one coding tree unit wide it codes other pictures than decoders see, and another each time;
/// where a row has fewer than four of the blocks by which it looks ahead, it writes behind its memory.
pub(crate) fn parameters_for((width, height): (u32, u32)) -> Vec<String> {
    let fits = |side: &u32| *side < width && *side <= height;
    let side = [64, 32, 16].into_iter().find(fits);
    let mut found: Vec<_> = side
        .filter(|side| *side < 64)
        .map(|side| format!("ctu={side}"))
        .into_iter()
        .collect();
    if width < NARROW {
        found.push("cutree=0".to_owned());
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_small_pictures_are_special() {
        assert!(parameters_for((640, 480)).is_empty());
        assert_eq!(parameters_for((64, 64)), ["ctu=32"]);
        assert_eq!(parameters_for((32, 400)), ["ctu=16", "cutree=0"]);
        assert_eq!(parameters_for((8, 8)), ["cutree=0"]);
    }
}
