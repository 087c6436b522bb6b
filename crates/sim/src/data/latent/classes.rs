//! Classes and subclasses: one class atom is active in every sample and decides its label.
//!
//! The first C atoms are the class atoms, of which exactly one is active, each with probability 1/C. The next C·S atoms
//! are the subclass atoms, S for each class: exactly one of those of the sample's class is active. All others are active
//! independently with probability p and say nothing of the label. Signs are fair: the class is which atom is active.
//!
//! Source: the class and subclass features of Xue, Joshi, Gan, Chen, Mirzasoleiman, "Which features are learnt by
//! contrastive learning? On the role of simplicity bias in class collapse and feature suppression" (ICML 2023), here
//! as atoms of a sparse code.

use super::independent::{ACTIVITY, ACTIVITY_CONSTANT, activity_of};
use super::values::{VALUES, with_values};
use super::{LatentLaw, LatentPart};
use crate::math::random::Part;
use crate::math::{ParameterError, Stream, require, require_drawn};
use crate::part::{Fallback, Kind, PartSetting, Range};
use std::sync::Arc;

/// The declaration.
pub(super) static PART: LatentPart = LatentPart {
    kind: "classes",
    summary: "one class atom is active in every sample and decides its label; a subclass atom of the class and other \
              atoms do not",
    settings: &[
        PartSetting::new(
            "classes",
            Kind::count(2),
            Fallback::Value("2"),
            "Number of classes, each with an atom of its own.",
        ),
        PartSetting::new(
            "subclasses",
            Kind::count(0),
            Fallback::Value("2"),
            "Subclasses of each class, each with an atom of its own; 0: none.",
        ),
        PartSetting::number(
            "class_strength",
            Range::SQUARABLE,
            "1.0",
            "E z_j² of the active class atom. That of other atoms is 1.",
        ),
        PartSetting::number(
            "subclass_strength",
            Range::SQUARABLE,
            "1.0",
            "E z_j² of the active subclass atom.",
        ),
        ACTIVITY,
        ACTIVITY_CONSTANT,
        VALUES,
    ],
    build: |given, sizes| {
        let law = Classes {
            classes: given.whole("classes")? as usize,
            subclasses: given.whole("subclasses")? as usize,
            class_strength: given.number("class_strength")?,
            subclass_strength: given.number("subclass_strength")?,
            activity: activity_of(given, sizes)?,
        };
        law.check(sizes.latent_dim)?;
        with_values(Arc::new(law), given)
    },
};

/// Class atoms, subclass atoms, and others.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Classes {
    /// C, at least 2.
    pub classes: usize,
    /// S; 0 for classes without subclasses.
    pub subclasses: usize,
    /// E z_j² of the active class atom.
    pub class_strength: f64,
    /// E z_j² of the active subclass atom.
    pub subclass_strength: f64,
    /// p of all other atoms.
    pub activity: f64,
}

impl Classes {
    /// C + C S: the atoms of classes and subclasses; `None` if there are too many to be counted.
    fn labelled(&self) -> Option<usize> {
        self.classes.checked_mul(self.subclasses)?.checked_add(self.classes)
    }

    /// Mean over d atoms of what is 1 for an active atom of the rest, and has these values for the other two.
    fn mean(&self, latent_dim: usize, [class, subclass]: [f64; 2]) -> f64 {
        let others = latent_dim - self.labelled().unwrap_or(latent_dim).min(latent_dim);
        let subclass = if self.subclasses > 0 { subclass } else { 0.0 };
        (class + subclass + self.activity * others as f64) / latent_dim as f64
    }
}

impl LatentLaw for Classes {
    fn draw(&self, stream: &Stream, row: u32, latent: &mut [f32]) {
        let mut reader = stream.reader(Part::Latent, row);
        latent.fill(0.0);
        let class = reader.below(self.classes as u32) as usize;
        latent[class] = reader.sign() * self.class_strength.sqrt() as f32;
        if self.subclasses > 0 {
            let subclass = reader.below(self.subclasses as u32) as usize;
            let atom = self.classes + class * self.subclasses + subclass;
            latent[atom] = reader.sign() * self.subclass_strength.sqrt() as f32;
        }
        for z in latent.iter_mut().skip(self.classes + self.classes * self.subclasses) {
            let (is_active, sign) = (reader.uniform() < self.activity, reader.sign());
            *z = if is_active { sign } else { 0.0 };
        }
    }

    fn activity(&self, latent_dim: usize) -> f64 {
        self.mean(latent_dim, [1.0; 2])
    }

    fn mean_square(&self, latent_dim: usize) -> f64 {
        self.mean(latent_dim, [self.class_strength, self.subclass_strength])
    }

    fn check(&self, latent_dim: usize) -> Result<(), ParameterError> {
        let needed = self.labelled();
        let accepted = format!(
            "classes + classes·subclasses atoms at most, of data.latent_dim = {latent_dim}; there are {} subclasses of each",
            self.subclasses
        );
        let fits = self.classes >= 2 && needed.is_some_and(|needed| needed <= latent_dim);
        require(fits, "data.latent.classes", self.classes, accepted)?;
        require_drawn("activity", self.activity)
    }

    // `moments` stays `None`: atoms are not all alike.

    fn class_count(&self) -> usize {
        self.classes
    }

    fn class_of(&self, latent: &[f32]) -> Option<u32> {
        latent.iter().take(self.classes).position(|&z| z != 0.0).map(|class| class as u32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::Purpose;

    /// One class atom and one of its subclass atoms in every sample, all equally often; strengths and the rest as named.
    #[test]
    fn one_atom_decides_the_label_and_others_do_not() {
        const ROWS: u32 = 20_000;
        let law = Classes {
            classes: 3,
            subclasses: 2,
            class_strength: 4.0,
            subclass_strength: 0.25,
            activity: 0.2,
        };
        law.check(12).unwrap();
        let stream = Stream::new(2, Purpose::MONTE_CARLO, 5);
        let (mut latent, mut subclasses, mut others) = ([0.0; 12], [0u32; 6], [[0u32; 3]; 3]);
        for row in 0..ROWS {
            law.draw(&stream, row, &mut latent);
            let class = law.class_of(&latent).unwrap() as usize;
            let active = |atoms: &[f32]| atoms.iter().filter(|z| **z != 0.0).count();
            assert_eq!((active(&latent[..3]), active(&latent[3..9])), (1, 1));
            assert_eq!(latent[class].abs(), 2.0);
            let subclass = latent[3..9].iter().position(|&z| z != 0.0).unwrap();
            assert_eq!((subclass / 2, latent[3 + subclass].abs()), (class, 0.5));
            subclasses[subclass] += 1;
            for (count, z) in others[class].iter_mut().zip(&latent[9..]) {
                *count += u32::from(*z != 0.0);
            }
        }
        for count in subclasses {
            let (share, expected) = (f64::from(count) / f64::from(ROWS), 1.0 / 6.0);
            assert!((share - expected).abs() < 5.0 * (expected / f64::from(ROWS)).sqrt(), "{share}");
        }
        // The other atoms are as active in every class.
        for share in others.as_flattened().iter().map(|&count| 3.0 * f64::from(count) / f64::from(ROWS)) {
            assert!((share - 0.2).abs() < 5.0 * (3.0 * 0.2 / f64::from(ROWS)).sqrt(), "{share}");
        }
        assert!((law.activity(12) - 2.6 / 12.0).abs() < 1e-12);
        assert!((law.mean_square(12) - 4.85 / 12.0).abs() < 1e-12);
        assert_eq!((law.class_count(), law.class_of(&[0.0; 12])), (3, None));
    }

    #[test]
    fn more_classes_than_atoms_are_refused() {
        let law =
            Classes { classes: 4, subclasses: 2, class_strength: 1.0, subclass_strength: 1.0, activity: 0.1 };
        let message = law.check(11).unwrap_err().to_string();
        assert!(
            message.contains("data.latent.classes = 4") && message.contains("data.latent_dim = 11"),
            "{message}"
        );
        assert!(law.check(12).is_ok());
        assert!(Classes { subclasses: usize::MAX, ..law }.check(12).is_err());
    }
}
