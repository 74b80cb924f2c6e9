//! The test that all grammars have in common.

/// Tests of texts such as these that each one is refused, or is read, printed and read back.
macro_rules! reads_back {
    ($type:ty, $($texts:expr),+ $(,)?) => {
        #[test]
        fn what_is_read_is_printed_and_read_back() {
            $(proptest::proptest!(|(text in $texts)| {
                if let Ok(value) = text.parse::<$type>() {
                    proptest::prop_assert_eq!(value.to_string().parse(), Ok(value));
                }
            });)+
        }
    };
}

pub(super) use reads_back;
