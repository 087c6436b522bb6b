//! Text as it is searched for: without case, accents, punctuation and Greek letters.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Small Greek letters as they are typed on other keyboards.
const GREEK: &[(char, &str)] = &[
    ('α', "alpha"),
    ('β', "beta"),
    ('γ', "gamma"),
    ('δ', "delta"),
    ('ε', "epsilon"),
    ('ζ', "zeta"),
    ('η', "eta"),
    ('θ', "theta"),
    ('ι', "iota"),
    ('κ', "kappa"),
    ('λ', "lambda"),
    ('μ', "mu"),
    ('ν', "nu"),
    ('ξ', "xi"),
    ('π', "pi"),
    ('ρ', "rho"),
    ('σ', "sigma"),
    ('ς', "sigma"),
    ('τ', "tau"),
    ('φ', "phi"),
    ('χ', "chi"),
    ('ψ', "psi"),
    ('ω', "omega"),
];

/// Words in small letters without accents, one blank between them. Greek letters are spelled out, raised and
/// lowered digits are digits, and everything that is neither a letter nor a digit nor a sign separates words.
pub fn folded(text: &str) -> String {
    let mut out = String::new();
    // Compatibility decomposition: é is e and an accent, ₁ and ¹ are 1.
    for c in text.nfkd().filter(|&c| !is_combining_mark(c)).flat_map(char::to_lowercase) {
        match GREEK.iter().find(|(letter, _)| *letter == c) {
            Some((_, name)) => out.push_str(name),
            None if c.is_alphanumeric() || "+*⊥/".contains(c) => out.push(c),
            None => out.push(' '),
        }
    }
    out.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::folded;

    #[test]
    fn case_accents_letters_and_signs_do_not_matter() {
        for (typed, expected) in [
            ("Corollary 7.8 (iv)", "corollary 7 8 iv"),
            ("  THÉORÈME ", "theoreme"),
            ("τ", "tau"),
            ("T₁", "t1"),
            ("σ_ξ²", "sigma xi2"),
            ("x⁺⁺", "x++"),
            ("dense_energy_fraction", "dense energy fraction"),
            ("objective.stop-gradient", "objective stop gradient"),
            ("(…)", ""),
        ] {
            assert_eq!(folded(typed), expected, "{typed}");
        }
    }
}
