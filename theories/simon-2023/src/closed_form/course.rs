//! The energy y = ‖W u‖² of a linear encoder along an eigen-direction u, from its start to its plateau.
//!
//! ```text
//! dy/dt = 2c y (γ − κ y)        y(t) = Y/(1 + (Y/y(0) − 1) e^(−2cγt)),   Y = γ/κ
//! ```
//!
//! Source: theory.md (3.2a), (3.2b) and 3.3.

/// How a loss moves the weight along one direction: ds/dt = c s (γ − κ s²) for the singular value s.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pull {
    /// c > 0: 4 where gradients flow through both views, 2 behind StopGrad.
    pub scale: f64,
    /// γ: the eigenvalue of E sym[x⁺ x⁺⁺ᵀ], less λ/c where weights decay.
    pub growth: f64,
    /// κ ≥ 0, and above 0 where γ is: how fast energy along the direction stops its own growth.
    pub crowding: f64,
}

impl Pull {
    /// The same with weight decay λ ≥ 0, theory.md (3.2c).
    #[must_use]
    pub fn with_decay(self, weight_decay: f64) -> Self {
        Self { growth: self.growth - weight_decay / self.scale, ..self }
    }

    /// Y, where the energy comes to rest: γ/κ, and 0 where nothing grows.
    pub fn plateau(&self) -> f64 {
        if self.growth > 0.0 { self.growth / self.crowding } else { 0.0 }
    }

    /// The energy a time `t` ≥ 0 after it was `start` > 0, under gradient flow.
    pub fn flow(&self, start: f64, t: f64) -> f64 {
        let Self { scale, growth, crowding } = *self;
        let grown = 2.0 * scale * growth * t;
        // (e^x − 1)/γ, which stays finite where γ goes to 0.
        let crowded = if growth == 0.0 { 2.0 * scale * t } else { grown.exp_m1() / growth };
        start * grown.exp() / (1.0 + crowding * start * crowded)
    }

    /// How the energy goes from `start` > 0 by steps of the learning rate η.
    pub fn course(self, start: f64, learning_rate: f64) -> Course {
        Course { pull: self, start, learning_rate }
    }
}

/// The energy along one direction, step by step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Course {
    /// What moves it.
    pub pull: Pull,
    /// y(0) > 0.
    pub start: f64,
    /// η > 0, with ηcγ well below 1.
    pub learning_rate: f64,
}

impl Course {
    /// ln of the factor by which a step multiplies a small energy: 2 ln(1 + ηcγ), which flow takes for 2ηcγ.
    pub fn growth_per_step(&self) -> f64 {
        2.0 * (self.learning_rate * self.pull.scale * self.pull.growth).ln_1p()
    }

    /// The energy after so many steps: that of the flow at the time at which it has grown as much.
    pub fn energy(&self, step: f64) -> f64 {
        let Pull { scale, growth, .. } = self.pull;
        let slow =
            if growth == 0.0 { self.learning_rate } else { self.growth_per_step() / (2.0 * scale * growth) };
        self.pull.flow(self.start, slow * step)
    }

    /// The step at which the energy passes `share` in (0, 1) of its plateau. `None` where it does not grow, and where
    /// it starts above.
    pub fn critical_step(&self, share: f64) -> Option<f64> {
        let plateau = self.pull.plateau();
        let grows = self.pull.growth > 0.0 && self.start < share * plateau;
        grows.then(|| ((plateau / self.start - 1.0) * share / (1.0 - share)).ln() / self.growth_per_step())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PULLS: [Pull; 4] = [
        Pull { scale: 4.0, growth: 0.55, crowding: 0.3 },
        Pull { scale: 2.0, growth: 0.05, crowding: 0.01 },
        Pull { scale: 4.0, growth: 0.0, crowding: 0.4 },
        Pull { scale: 4.0, growth: -0.1, crowding: 0.2 },
    ];

    /// dy/dt = 2c y (γ − κ y) by steps of fourth order.
    fn integrated(pull: Pull, start: f64, end: f64) -> f64 {
        const STEPS: u32 = 4000;
        let h = end / f64::from(STEPS);
        let slope = |y: f64| 2.0 * pull.scale * y * (pull.growth - pull.crowding * y);
        (0..STEPS).fold(start, |y, _| {
            let a = slope(y);
            let b = slope(y + 0.5 * h * a);
            let c = slope(y + 0.5 * h * b);
            let d = slope(y + h * c);
            y + h / 6.0 * (a + 2.0 * b + 2.0 * c + d)
        })
    }

    #[test]
    fn the_flow_solves_its_equation() {
        let mut compared = 0;
        for pull in PULLS {
            for start in [1e-6, 0.2, 5.0] {
                for end in [0.5, 3.0, 12.0] {
                    let (found, expected) = (pull.flow(start, end), integrated(pull, start, end));
                    assert!(
                        (found / expected - 1.0).abs() < 1e-8,
                        "{pull:?} {start} {end}: {found} {expected}"
                    );
                    compared += 1;
                }
            }
        }
        assert_eq!(compared, 36);
    }

    /// theory.md 3.3: steps and course differ by ηcγ at most, growth by none.
    #[test]
    fn steps_follow_the_course_to_first_order() {
        let pull = PULLS[0];
        let worst = |learning_rate: f64| {
            let course = pull.course(1e-6, learning_rate);
            let (mut s, mut worst) = (1e-3f64, 0.0f64);
            for step in 1..=(12.0 / learning_rate) as u32 {
                s += learning_rate * pull.scale * s * (pull.growth - pull.crowding * s * s);
                worst = worst.max((s * s / course.energy(f64::from(step)) - 1.0).abs());
            }
            worst
        };
        let [coarse, fine] = [0.04, 0.02].map(worst);
        let ratio = 0.04 * pull.scale * pull.growth;
        assert!(coarse > 0.1 * ratio && coarse < ratio, "{coarse}, ηcγ = {ratio}");
        assert!((coarse / fine - 2.0).abs() < 0.3, "{coarse} {fine}: not of first order");
    }

    #[test]
    fn a_critical_step_is_where_the_energy_passes() {
        for share in [0.1, 0.5, 0.9] {
            let course = PULLS[0].course(1e-5, 0.05);
            let step = course.critical_step(share).unwrap();
            let reached = course.energy(step) / course.pull.plateau();
            assert!((reached - share).abs() < 1e-12, "{share}: {reached}");
            assert!(PULLS[2].course(1e-5, 0.05).critical_step(share).is_none(), "nothing grows");
            assert!(PULLS[3].course(1e-5, 0.05).critical_step(share).is_none(), "it shrinks");
            assert!(PULLS[0].course(1.8, 0.05).critical_step(share).is_none(), "it starts above");
        }
    }

    /// theory.md (3.2c): decay takes λ/c off the growth, and what it outweighs comes to rest at 0.
    #[test]
    fn decay_lowers_the_plateau_and_ends_slow_directions() {
        let pull = PULLS[0].with_decay(0.4);
        assert!((pull.plateau() - (0.55 - 0.1) / 0.3).abs() < 1e-12);
        assert_eq!(PULLS[1].with_decay(0.2).plateau(), 0.0);
        assert!(PULLS[1].with_decay(0.2).flow(1.0, 50.0) < 0.01);
    }
}
