//! The colours of every figure, on paper and on a dark screen.
//!
//! The first eight hues are those of Okabe & Ito (2008), which colour-blind readers tell apart, with black left to text;
//! in the dark they are lightened. Heat maps run from the colour of the page to one that is far from it in lightness.

use super::figure::Colour;
use serde::Serialize;

/// A colour in the light and in the dark.
type Shades = [&'static str; 2];

/// All colours.
#[derive(Serialize)]
pub struct Palette {
    hues: [Shades; 12],
    grey: Shades,
    pale: Shades,
    ink: Shades,
    heat: [Shades; 6],
}

/// The one palette.
pub const PALETTE: Palette = Palette {
    hues: [
        ["#0072b2", "#56b4f0"],
        ["#d55e00", "#ff8f45"],
        ["#009e73", "#35cfa0"],
        ["#cc79a7", "#eba3cb"],
        ["#b98100", "#ffc94d"],
        ["#45a5dd", "#9bd8fb"],
        ["#6f4aa0", "#bda3ea"],
        ["#8a6a2f", "#d0b476"],
        ["#1f5c6b", "#7fc3d3"],
        ["#a3004e", "#ff7fb2"],
        ["#4d7a00", "#aed95e"],
        ["#5c6670", "#b4bdc8"],
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
        assert_eq!(on_paper(Colour::Hue(12)), on_paper(Colour::Hue(0)));
        assert_eq!((heat_on_paper(0.0), heat_on_paper(1.0)), ([255; 3], [6, 0x23, 0x4a]));
        assert_eq!(heat_on_paper(0.1), [236, 243, 249]);
    }
}
