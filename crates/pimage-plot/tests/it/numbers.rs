//! Spectra and histograms are those of scipy and numpy.

use pimage_plot::{Bins, Histogram, Spectrum};

/// The same numbers as in the script that made the vectors.
fn numbers(count: u64) -> Vec<f64> {
    let number = |place: u64| {
        let part = ((place * 2_654_435_761 % (1 << 32)) >> 8) as f64 / f64::from(1 << 24);
        part * part * 3.0 + f64::from(u8::from(place.is_multiple_of(7)))
    };
    (0..count).map(number).collect()
}

#[track_caller]
fn check_spectrum(
    count: u64,
    rate: f64,
    piece: usize,
    length: usize,
    expected: &[(usize, f64, f64)],
    sum: f64,
) {
    let cancel = pimage_core::Cancel::new();
    let spectrum =
        Spectrum::welch_in_pieces(&numbers(count), rate, piece, &cancel).expect("has a spectrum");
    assert_eq!(spectrum.power().len(), length);
    let near = |found: f64, wanted: f64| (found - wanted).abs() <= 1e-12 * wanted.abs().max(1e-3);
    for (place, frequency, power) in expected {
        let (found, at) = (spectrum.power()[*place], spectrum.frequencies()[*place]);
        assert!(
            near(at, *frequency),
            "frequency {place} is {at}, expected {frequency}"
        );
        assert!(
            near(found, *power),
            "power at {frequency} is {found}, expected {power}"
        );
    }
    let found: f64 = spectrum.power().iter().sum();
    assert!((found / sum - 1.0).abs() < 1e-12, "{found}, expected {sum}");
}

/// From `scipy.signal.welch(numbers, rate, nperseg=piece)`.
#[test]
fn spectra_are_those_of_scipy() {
    let first = [
        (0, 0.0, 0.000_190_287_009_978_435_72),
        (1, 0.195_312_5, 0.000_511_206_337_729_899_4),
        (64, 12.5, 0.001_397_467_407_209_789_2),
        (127, 24.804_687_5, 0.003_532_791_341_365_389_5),
        (128, 25.0, 0.000_496_851_088_171_622_9),
    ];
    check_spectrum(1000, 50.0, 256, 129, &first, 4.752_271_526_268_179);
    // Fewer samples than a piece has.
    let short = [
        (0, 0.0, 0.011_858_542_241_701_62),
        (2, 0.04, 0.065_260_091_476_015_11),
        (50, 1.0, 0.047_678_429_955_110_48),
    ];
    check_spectrum(100, 2.0, 256, 51, &short, 51.754_016_400_814_49);
    // Pieces of odd length have no frequency of half the rate.
    let odd = [
        (0, 0.0, 0.029_306_264_837_516_867),
        (13, 0.254_901_960_784_313_7, 1.240_756_051_521_478_4),
        (25, 0.490_196_078_431_372_53, 0.406_172_471_028_361_96),
    ];
    check_spectrum(777, 1.0, 51, 26, &odd, 47.477_693_786_529_16);
}

/// From `numpy.histogram(numbers, bins)`.
#[test]
fn histograms_are_those_of_numpy() {
    let check = |values: &[f64], bins: Bins, expected: &[u64]| {
        let histogram = Histogram::new(values, bins).expect("is counted");
        assert_eq!(histogram.counts(), expected, "{bins:?}");
    };
    let values = numbers(1000);
    check(
        &values,
        Bins::Auto,
        &[274, 113, 87, 115, 86, 73, 67, 61, 58, 42, 8, 8, 8],
    );
    check(
        &values,
        Bins::Count(10),
        &[312, 130, 137, 112, 91, 82, 75, 40, 11, 10],
    );
    let histogram = Histogram::new(&values, Bins::Auto).expect("is counted");
    assert_eq!(
        histogram.edges()[..2],
        [1.606_968_861_977_975_4e-6, 0.307_483_801_242_045_9]
    );
    // Values that are edges but for a rounding.
    let tenths: Vec<f64> = (0..101).map(|place| 0.1 * f64::from(place)).collect();
    let mut twenty = [5; 20];
    twenty[19] = 6;
    check(&tenths, Bins::Count(20), &twenty);
    check(&tenths, Bins::Count(7), &[15, 14, 14, 15, 14, 14, 15]);
    check(&tenths, Bins::Auto, &[20, 20, 20, 20, 21]);
}
