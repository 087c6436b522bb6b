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

/// A slot whose part is made of a part of the other one.
static BOXES: Slot<String> = Slot::new(
    "box",
    "What holds something.",
    "crate",
    &[&[&Part {
        kind: "crate",
        summary: "of any size and weight",
        settings: &[
            PartSetting::part("size", &SIZES, "How large it is."),
            PartSetting::number("weight", Range::POSITIVE, "1.0", "Its weight.")
                .one_of(&["weight", "density"]),
            PartSetting::number("density", Range::POSITIVE, "3.0", "Its density.")
                .one_of(&["weight", "density"]),
        ],
        build: |given, ()| {
            let size = given.part::<f64>("size")?;
            let [weight, density] = ["weight", "density"].map(|name| given.optional_number(name));
            Ok(format!("{} {} {weight:?} {density:?}", size.kind(), size.build(&())?))
        },
    }]],
);

impl Slotted for String {
    type Context = ();

    fn slot() -> &'static Slot<Self> {
        &BOXES
    }
}

#[test]
fn a_part_may_be_made_of_parts_and_say_a_thing_in_two_ways() {
    let built = |values| Chosen::<String>::new("crate", values).and_then(|chosen| chosen.build(&()));
    let size = |kind, value| Value::part(&SIZES, kind, vec![("value", Value::Number(value))]);
    let given = built(vec![("size", size("fixed", 5.0).unwrap()), ("weight", 2.0.into())]);
    assert_eq!(given.unwrap(), "fixed 5 Some(2.0) None");
    assert!(
        built(vec![("density", 2.0.into())]).unwrap().starts_with("fixed 2 None"),
        "defaults of the part"
    );
    for (values, what) in [
        (vec![("size", Value::Number(1.0))], "a part of size"),
        (vec![("weight", 2.0.into()), ("density", 2.0.into())], "given twice"),
    ] {
        let message = built(values).unwrap_err().to_string();
        assert!(message.contains(what), "{message}");
    }
    assert!(size("square", 1.0).unwrap_err().to_string().contains("size = square cannot be used: fixed"));
    assert!(size("fixed", -1.0).unwrap_err().to_string().contains("value = -1"));
}
