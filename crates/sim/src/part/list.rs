//! The list of a slot, said once: a line declares the module of a part and puts the part on the list.

/// Declares the modules of parts and the slot that lists them.
///
/// ```text
/// parts! {
///     /// What the slot holds.
///     NETWORKS: Slot<Box<dyn Network>> = ("network", "What it is, in a sentence.", "sym_relu");
///     sym_relu;                                        pub mod sym_relu;        &sym_relu::PART
///     interval_masks { RANDOM_MASK, DISJOINT_MASKS };  pub mod interval_masks;  both of its parts
/// }
/// ```
macro_rules! parts {
    (
        $(#[$doc:meta])*
        $name:ident: $slot:ty = ($key:literal, $words:literal, $default:literal);
        $($module:ident $({ $($part:ident),+ })?;)+
    ) => {
        $(pub mod $module;)+

        $(#[$doc])*
        pub static $name: $slot = crate::part::Slot::new(
            $key,
            $words,
            $default,
            &[$(crate::part::parts!(@of $module $({ $($part),+ })?)),+],
        );
    };
    (@of $module:ident) => { &[&$module::PART] };
    (@of $module:ident { $($part:ident),+ }) => { &[$(&$module::$part),+] };
}

pub(crate) use parts;
