use super::*;

/// A slot of its own, so that nothing is added to the real ones.
static SIZES: Slot<f64> = Slot::new(
    "size",
    "How large.",
    "fixed",
    &[&[&Part {
        kind: "fixed",
        summary: "as it is given",
        settings: const { &[PartSetting::number("value", Range::POSITIVE, "2.0", "The size.")] },
        build: |given, ()| given.number("value"),
    }]],
);

impl Slotted for f64 {
    type Context = ();

    fn slot() -> &'static Slot<Self> {
        &SIZES
    }
}

#[test]
fn defaults_are_filled_in_and_values_are_checked() {
    let default = Chosen::<f64>::new("fixed", Vec::new()).unwrap();
    assert_eq!(default.build(&()), Ok(2.0));
    assert_eq!(default, Chosen::new("fixed", vec![("value", 2.0.into())]).unwrap());
    for (kind, values, what) in [
        ("fixed", vec![("value", Value::Number(-1.0))], "value = -1"),
        ("fixed", vec![("value", Value::Whole(1))], "value = 1"),
        ("fixed", vec![("valve", Value::Number(1.0))], "one of value"),
        ("loose", Vec::new(), "fixed"),
    ] {
        let message = Chosen::<f64>::new(kind, values).unwrap_err().to_string();
        assert!(message.contains(what), "{message}");
    }
}

#[test]
fn a_part_can_be_added_while_the_program_runs() {
    let doubled = || Part {
        kind: "doubled",
        summary: "twice what is given",
        settings: const { &[PartSetting::number("value", Range::POSITIVE, "2.0", "The size.")] },
        build: |given, ()| Ok(2.0 * given.number("value")?),
    };
    SIZES.add(doubled()).unwrap();
    assert_eq!(Chosen::<f64>::new("doubled", vec![("value", 3.0.into())]).unwrap().build(&()), Ok(6.0));
    assert!(SIZES.add(doubled()).unwrap_err().to_string().contains("doubled"));
    let other = Part {
        kind: "other",
        settings: const { &[PartSetting::number("value", Range::FRACTION, "0.5", "Another thing.")] },
        ..doubled()
    };
    assert!(SIZES.add(other).unwrap_err().to_string().contains("are the same in all parts"));
}
