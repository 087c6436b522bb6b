//! The colours of every figure, on paper and on a dark screen.
//!
//! The first four hues on paper are those of Okabe & Ito (2008). The others, and all of those in the dark,
//! which have nearly the same hue angles, were searched for the largest smallest distance between any two, as
//! seen by people with normal sight and by people who lack red or green receptors; a test holds that
//! distance. Heat maps run from the colour of the page to one that is far from it in lightness.

use super::figure::Colour;
use serde::Serialize;

/// A colour in the light and in the dark.
type Shades = [&'static str; 2];

/// Hues that are told apart.
pub const HUES: usize = 12;

/// All colours.
#[derive(Serialize)]
pub struct Palette {
    hues: [Shades; HUES],
    grey: Shades,
    pale: Shades,
    ink: Shades,
    heat: [Shades; 6],
}

/// The one palette.
pub const PALETTE: Palette = Palette {
    hues: [
        ["#0072b2", "#4f9acd"],
        ["#d55e00", "#ca8715"],
        ["#009e73", "#9bebab"],
        ["#cc79a7", "#a16078"],
        ["#c59814", "#babd69"],
        ["#9b76f2", "#8230f2"],
        ["#9f1e1c", "#c64906"],
        ["#d403b4", "#ec60fc"],
        ["#2605c5", "#776bd3"],
        ["#4e2f4b", "#f0169f"],
        ["#174b83", "#6bcaf5"],
        ["#706978", "#af9f9e"],
    ],
    grey: ["#868e98", "#8b95a3"],
    pale: ["#cfd5dc", "#414b59"],
    ink: ["#1b1f24", "#e6eaf0"],
    heat: [
        ["#ffffff", "#161b23"],
        ["#d9e6f2", "#1d3557"],
        ["#9fc3e0", "#2b6592"],
        ["#559bcb", "#3d9cb8"],
        ["#1d6aa8", "#8bd0a0"],
        ["#06234a", "#fff3a3"],
    ],
};

/// The colour on paper, as red, green and blue.
pub fn on_paper(colour: Colour) -> [u8; 3] {
    rgb(match colour {
        Colour::Hue(n) => PALETTE.hues[n % PALETTE.hues.len()][0],
        Colour::Grey => PALETTE.grey[0],
        Colour::Pale => PALETTE.pale[0],
        Colour::Ink => PALETTE.ink[0],
    })
}

/// The colour on paper of a value in [0, 1] on a heat map, by linear interpolation.
pub fn heat_on_paper(value: f64) -> [u8; 3] {
    let place = value.clamp(0.0, 1.0) * (PALETTE.heat.len() - 1) as f64;
    let below = (place.floor() as usize).min(PALETTE.heat.len() - 2);
    let (low, high) = (rgb(PALETTE.heat[below][0]), rgb(PALETTE.heat[below + 1][0]));
    let share = place - below as f64;
    std::array::from_fn(|c| (f64::from(low[c]) * (1.0 - share) + f64::from(high[c]) * share).round() as u8)
}

fn rgb(hex: &str) -> [u8; 3] {
    let number = u32::from_str_radix(&hex[1..], 16).unwrap_or_default();
    [(number >> 16) as u8, (number >> 8) as u8, number as u8]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_read_and_interpolated() {
        assert_eq!(on_paper(Colour::Hue(0)), [0, 0x72, 0xb2]);
        assert_eq!(on_paper(Colour::Hue(HUES)), on_paper(Colour::Hue(0)));
        assert_eq!((heat_on_paper(0.0), heat_on_paper(1.0)), ([255; 3], [6, 0x23, 0x4a]));
        assert_eq!(heat_on_paper(0.1), [236, 243, 249]);
    }

    type Colour3 = [f64; 3];

    fn linear(hex: &str) -> Colour3 {
        rgb(hex).map(|level| {
            let v = f64::from(level) / 255.0;
            if v <= 0.04045 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }
        })
    }

    fn times(matrix: [Colour3; 3], v: Colour3) -> Colour3 {
        matrix.map(|row| row.iter().zip(v).map(|(m, v)| m * v).sum())
    }

    /// Coordinates in which equal distances look about equally different: OKLab (Ottosson 2020).
    fn oklab(linear: Colour3) -> Colour3 {
        let cones = [
            [0.412_221_470_8, 0.536_332_536_3, 0.051_445_992_9],
            [0.211_903_498_2, 0.680_699_545_1, 0.107_396_956_6],
            [0.088_302_461_9, 0.281_718_837_6, 0.629_978_700_5],
        ];
        let lab = [
            [0.210_454_255_3, 0.793_617_785_0, -0.004_072_046_8],
            [1.977_998_495_1, -2.428_592_205_0, 0.450_593_709_9],
            [0.025_904_037_1, 0.782_771_766_2, -0.808_675_766_0],
        ];
        times(lab, times(cones, linear).map(f64::cbrt))
    }

    /// Normal sight, without red receptors, without green receptors (Machado, Oliveira & Fernandes 2009), and
    /// the distance that is kept.
    const SIGHTS: [([Colour3; 3], f64); 3] = [
        ([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]], 0.115),
        (
            [
                [0.152_286, 1.052_583, -0.204_868],
                [0.114_503, 0.786_281, 0.099_216],
                [-0.003_882, -0.048_116, 1.051_998],
            ],
            0.07,
        ),
        (
            [
                [0.367_322, 0.860_646, -0.227_968],
                [0.280_085, 0.672_501, 0.047_413],
                [-0.011_820, 0.042_940, 0.968_881],
            ],
            0.07,
        ),
    ];

    /// Every pair of hues, and every hue and the pale dots of other classes, on paper and in the dark.
    #[test]
    fn all_hues_are_told_apart_by_every_kind_of_sight() {
        for shade in 0..2 {
            let colours: Vec<Colour3> =
                PALETTE.hues.iter().chain([&PALETTE.pale]).map(|hue| linear(hue[shade])).collect();
            for (sight, least) in SIGHTS {
                let seen: Vec<Colour3> =
                    colours.iter().map(|&c| oklab(times(sight, c).map(|v| v.clamp(0.0, 1.0)))).collect();
                for (i, a) in seen.iter().enumerate() {
                    for (j, b) in seen.iter().enumerate().take(i) {
                        let distance = a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt();
                        assert!(distance > least, "hues {i} and {j}, shade {shade}: {distance}");
                    }
                }
            }
        }
    }
}
