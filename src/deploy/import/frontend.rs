//! The frontends.

use super::draft::Draft;
use super::input::Input;
use super::tables::TableParts;
use crate::deploy::file::RouterMode;

/// Sets how many frontends there are, where they listen and how they choose workers.
pub(super) fn frontend(
    input: &Input,
    frontends: &TableParts<'_>,
    served: Option<&str>,
    draft: &mut Draft,
) {
    let table = &frontends.table;
    if frontends.replicas != 1 {
        draft.set(table, "replicas", frontends.replicas.to_string());
    }
    let own = frontends.first();
    let flag = frontends
        .take(&["http-port"])
        .or_else(|| frontends.take_env("DYN_HTTP_PORT"));
    // Replicas have ports of their own.
    for part in &frontends.parts {
        part.flag("http-port")
            .iter()
            .for_each(|flag| flag.is_said.set(true));
    }
    let published = own.publish.first();
    let outside = published.map(|port| outside(&port.value));
    let port = outside
        .as_ref()
        .map(|it| it.1.clone())
        .or(flag.map(|flag| flag.value));
    if let Some(port) = port.filter(|port| port != "8000" && port.parse::<u16>().is_ok()) {
        draft.set(table, "port", port);
    }
    for port in own.publish.iter().skip(1) {
        draft.notes.add(
            &port.at,
            format!("the port `{}` is not published", port.value),
        );
    }
    let host = frontends
        .take(&["http-host"])
        .or_else(|| frontends.take_env("DYN_HTTP_HOST"));
    let bind = match (outside, host) {
        (Some((bind, _)), _) => Some(bind),
        (None, Some(host)) => Some(host.value),
        (None, None) if input.network.as_deref() == Some("host") => Some("0.0.0.0".to_owned()),
        (None, None) => None,
    };
    if let Some(bind) = bind.filter(|bind| bind != "127.0.0.1") {
        draft.set_text(table, "bind", &bind);
    }
    let router = frontends
        .take(&["router-mode"])
        .or_else(|| frontends.take_env("DYN_ROUTER_MODE"));
    if let Some(router) = router {
        match RouterMode::from_word(&router.value) {
            Some(RouterMode::RoundRobin) => {}
            Some(mode) => draft.set_text(table, "router", mode.as_str()),
            None => draft.notes.add(
                &router.at,
                format!("the router `{}` is not known", router.value),
            ),
        }
    }
    if let Some(limit) = frontends.take_number(&["migration-limit"]) {
        draft.set(table, "migration-limit", limit.to_string());
    }
    let name = frontends.take(&["model-name"]);
    if let Some(name) = name.filter(|name| Some(name.value.as_str()) != served) {
        draft.notes.add(
            &name.at,
            format!(
                "`--model-name {}` is derived from `served-name`",
                name.value
            ),
        );
    }
}

/// Returns the address and the port that clients use.
fn outside(publish: &str) -> (String, String) {
    let publish = publish.split('/').next().unwrap_or_default();
    let parts: Vec<&str> = publish.rsplitn(3, ':').collect();
    match parts.as_slice() {
        [_, host, address] => (
            address.trim_matches(['[', ']']).to_owned(),
            (*host).to_owned(),
        ),
        [_, host] => ("0.0.0.0".to_owned(), (*host).to_owned()),
        _ => ("0.0.0.0".to_owned(), publish.to_owned()),
    }
}
