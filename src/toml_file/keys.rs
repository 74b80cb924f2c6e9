//! Defines a table of a file in one place: its keys, how they are read and completed, its schema.

/// Defines a struct whose fields are the keys of a TOML table, and how it is read.
///
/// A key that is absent has [`FromToml::absent`](crate::toml_file::FromToml::absent) of its type;
/// where the type has none, the table must have the key.
macro_rules! keys {
    (
        $(#[$doc:meta])*
        $visible:vis struct $name:ident {
            $($(#[$field_doc:meta])* $field:ident: $type:ty = $key:literal,)*
        }
    ) => {
        #[derive(Clone, Debug, PartialEq, Eq, schemars::JsonSchema)]
        #[schemars(deny_unknown_fields)]
        $(#[$doc])*
        $visible struct $name {
            $($(#[$field_doc])* #[schemars(rename = $key)] $visible $field: $type,)*
        }

        impl $name {
            pub(crate) fn take(mut fields: $crate::toml_file::Fields<'_, '_>) -> Option<Self> {
                $(let $field = fields.take_or_absent($key);)*
                fields.finish();
                Some(Self { $($field: $field?,)* })
            }
        }

        impl $crate::toml_file::FromToml for $name {
            fn from_toml(
                key: &str,
                node: &$crate::toml_file::Node<'_>,
                reader: &mut $crate::toml_file::Reader,
            ) -> Option<Self> {
                $(
                    if <$type as $crate::toml_file::FromToml>::absent().is_none() {
                        reader.require(key, node, $key);
                    }
                )*
                reader.table(key, node, Self::take)
            }

            fn absent() -> Option<Self> {
                Some(Self { $($field: $crate::toml_file::FromToml::absent()?,)* })
            }
        }
    };
}
pub(crate) use keys;

/// Defines the same of a table that takes over what it inherits: the nearer file wins key by key.
///
/// What a parent must not pass on, a function of the struct takes out of it, named behind the
/// struct's name.
macro_rules! table {
    (
        $(#[$doc:meta])*
        pub struct $name:ident $(: $passed_on:ident)? {
            $($(#[$field_doc:meta])* $field:ident: $type:ty = $key:literal,)*
        }
    ) => {
        $crate::toml_file::keys! {
            $(#[$doc])*
            #[derive(Default)]
            pub struct $name {
                $($(#[$field_doc])* $field: $type = $key,)*
            }
        }

        impl $crate::toml_file::Merge for $name {
            fn merge(self, parent: Self) -> Self {
                $(let parent = Self::$passed_on(&self, parent);)?
                Self {
                    $($field: self.$field.merge(parent.$field),)*
                }
            }
        }
    };
}
pub(crate) use table;
