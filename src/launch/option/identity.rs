//! Who the container is: `--name`, `--hostname`, `--domainname`.

use super::RunOption;

pub(super) const OPTIONS: &[RunOption] = &[
    RunOption::value("name", |draft, text| {
        draft.spec.name = Some(text.to_owned()).filter(|name| !name.is_empty());
        Ok(())
    }),
    RunOption::value("hostname", |draft, text| {
        draft.spec.network.hostname = Some(text.to_owned());
        Ok(())
    }),
    RunOption::value("domainname", |draft, text| {
        draft.spec.network.domainname = Some(text.to_owned());
        Ok(())
    }),
];
