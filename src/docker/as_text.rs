//! Types that travel as their text, in profiles, plans and records.

/// Implements `Serialize` by `Display` and `Deserialize` by `FromStr`.
macro_rules! as_text {
    ($type:ty) => {
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
                let text = <String as serde::Deserialize>::deserialize(source)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

pub(super) use as_text;

/// Makes a type with a field `text` travel as that, the text that it was read from.
macro_rules! as_written {
    ($type:ty) => {
        impl $type {
            /// Returns it for showing: written without what looks like a secret.
            #[must_use]
            pub fn masked(&self) -> Self {
                Self {
                    text: $crate::redact::shown_assignment(&self.text).into_owned(),
                    ..self.clone()
                }
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.text)
            }
        }

        $crate::docker::as_text::as_text!($type);
    };
}

pub(super) use as_written;
