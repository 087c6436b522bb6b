use super::*;
use crate::data::{SyntheticSpec, synthetic};
use crate::device;
use crate::purpose;
use crate::settings::Settings;

const SPEC: &str = include_str!("../../../../experiments/images-synthetic/experiment.toml");
const SMOKE: &str = include_str!("../../../../experiments/images-synthetic/smoke.toml");

#[test]
fn an_adversary_stays_in_its_cube_and_makes_the_loss_larger() {
    let pictures = synthetic(SyntheticSpec { size: 16, classes: 3, train: 20, test: 10 }, 1).unwrap().train;
    for arm in ["full", "supervised"] {
        let radius =
            format!("arms.{arm}.adversary={{ kind = 'projected_gradient', radius = 0.05, steps = 3 }}");
        let settings = Settings::from_texts(&[SPEC, SMOKE], &[radius]).unwrap();
        let arm = settings.arm(arm).unwrap();
        let trainer = Trainer::new(arm, 1, &pictures, &device::find("cpu").unwrap());
        let rows: Vec<usize> = (0..20).collect();
        let drawn = trainer.draw(&pictures, &rows, &Stream::new(1, purpose::VIEWS, 0));
        let attacked = trainer.attacked(&drawn, 0.05, 3);
        let farthest = numbers((attacked.clone() - drawn.pictures.clone()).abs().max())[0];
        // Three strides of 1.25/3 radii reach the border unless the gradient turns; above: the rounding of two numbers below 1.
        assert!(farthest > 0.04 && farthest < 0.05 + 2.0 * f32::EPSILON, "{farthest}");
        let loss = |pictures: Tensor<4>| {
            let mut pass =
                Pass::training(&trainer.parameters, trainer.parameters.values().to_vec(), Arithmetic::Single);
            numbers(trainer.loss(&mut pass, &drawn, pictures))[0]
        };
        let (before, after) = (loss(drawn.pictures.clone()), loss(attacked));
        assert!(after > before, "{before} before, {after} after");
    }
}
