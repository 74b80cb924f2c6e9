//! Defines a table of the file in one place: its keys, how they are read and merged, its schema.

/// Defines a struct whose fields are the keys of a TOML table.
///
/// A key that is absent is the default of its type; the nearer file wins key by key.
macro_rules! table {
    (
        $(#[$doc:meta])*
        pub struct $name:ident {
            $($(#[$field_doc:meta])* $field:ident: $type:ty = $key:literal,)*
        }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq, Eq, schemars::JsonSchema)]
        #[schemars(deny_unknown_fields)]
        pub struct $name {
            $($(#[$field_doc])* #[schemars(rename = $key)] pub $field: $type,)*
        }

        impl $name {
            pub(crate) fn take(mut fields: $crate::toml_file::Fields<'_, '_>) -> Self {
                let table = Self {
                    $($field: fields.take_or_default($key),)*
                };
                fields.finish();
                table
            }
        }

        impl $crate::toml_file::FromToml for $name {
            fn from_toml(
                key: &str,
                node: &$crate::toml_file::Node<'_>,
                reader: &mut $crate::toml_file::Reader,
            ) -> Option<Self> {
                reader.table(key, node, |fields| Some(Self::take(fields)))
            }
        }

        impl $crate::toml_file::Merge for $name {
            fn merge(self, parent: Self) -> Self {
                Self {
                    $($field: self.$field.merge(parent.$field),)*
                }
            }
        }
    };
}
pub(crate) use table;
