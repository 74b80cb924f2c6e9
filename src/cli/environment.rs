//! The environment, read once and only here.
//!
//! Everything below the edge gets values. [`VARIABLES`] is the complete list of what is read, and
//! the table that the documentation prints.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Every variable that changes what our programs do, with what that is in a few words, apart from those that a profile names as the
/// source of a secret and those that `--build-arg NAME` or `-e NAME` name.
#[rustfmt::skip]
pub const VARIABLES: &[(&str, &str)] = &[
    ("DOCKER_HOST", "engine to talk to (unix://, tcp://, ssh://)"),
    ("DOCKER_CONTEXT", "docker context that names the engine"),
    ("DOCKER_CONFIG", "directory of docker's config.json (default ~/.docker)"),
    ("DOCKER_TLS_VERIFY", "use TLS for tcp:// engines when not empty"),
    ("DOCKER_CERT_PATH", "directory of ca.pem, cert.pem and key.pem"),
    ("DOCKER_CUSTOM_HEADERS", "headers for requests to the engine, as NAME=VALUE,NAME=VALUE"),
    ("DOCKER_AUTH_CONFIG", "logins to registries, as JSON like that of docker's config.json"),
    ("DYNBUILD_ENGINE_TIMEOUT", "how long the engine may take to answer, for example 5m (default 60s)"),
    ("BUILDX_BUILDER", "default of --builder"),
    ("BUILDX_CONFIG", "directory of the builders of docker buildx"),
    ("HTTPS_PROXY", "proxy through which dynbuild asks registries (also https_proxy)"),
    ("HTTP_PROXY", "the same for registries without TLS (also http_proxy)"),
    ("NO_PROXY", "registries that are asked directly (also no_proxy)"),
    ("DYNBUILD_FRAMEWORK", "default of --framework"),
    ("DYNBUILD_TARGET", "default of --target"),
    ("DYNBUILD_DEVICE", "default of --device"),
    ("DYNBUILD_PLATFORM", "default of --platform"),
    ("DYNBUILD_SOURCE", "default of --source"),
    ("DYNBUILD_PROGRESS", "default of --progress"),
    ("BUILDKIT_PROGRESS", "the same for docker's clients, if DYNBUILD_PROGRESS is not set"),
    ("DYNBUILD_COMPLETE", "set by the scripts of `dynbuild completions`, which ask the program"),
    ("DYNBUILD_PROFILE_DIR", "default of --profile-dir"),
    ("DYNBUILD_CONFIG", "user settings file (default ~/.config/dynbuild/config.toml)"),
    ("SOURCE_DATE_EPOCH", "creation time of images, in seconds since 1970"),
    ("SSH_AUTH_SOCK", "ssh agent that --ssh default forwards"),
    ("AWS_WEB_IDENTITY_TOKEN_FILE", "file of the secret aws-web-identity-token, for sccache on S3"),
    ("ACTIONS_RUNTIME_TOKEN", "token of the cache service of GitHub Actions, for type=gha caches without token="),
    ("ACTIONS_RESULTS_URL", "cache service of GitHub Actions, for type=gha caches without url_v2= or url="),
    ("ACTIONS_CACHE_URL", "the same in version 1, for type=gha caches without url="),
    ("ACTIONS_CACHE_SERVICE_V2", "`true` makes version 2 the default of type=gha caches"),
    ("GITHUB_ACTIONS", "`true` writes problems and warnings as annotations too"),
    ("GITHUB_STEP_SUMMARY", "file that the summary of a build is added to, in Markdown"),
    ("GITHUB_WORKSPACE", "directory from which annotations name files"),
    ("NO_COLOR", "no colours when not empty"),
    ("CLICOLOR_FORCE", "colours even when not a terminal"),
    ("TERM", "`dumb` switches the live display off"),
    ("HOME", "home directory"),
    ("XDG_CONFIG_HOME", "place of the user settings file"),
    ("XDG_RUNTIME_DIR", "place of a rootless engine's socket and of secret files"),
    ("XDG_STATE_HOME", "place of the output of failed steps, and of dynrun's notes on containers (default ~/.local/state)"),
    ("LANG", "ASCII drawing when not UTF-8 (also LC_ALL, LC_CTYPE)"),
    ("LC_ALL", "see LANG"),
    ("LC_CTYPE", "see LANG"),
    ("HF_HOME", "dynrun: default of --hf-home"),
    ("HF_TOKEN", "token for gated models; passed as a secret, never as an argument"),
    ("DYNBUILD_ENGINE_ADDRESS", "dynrun: host on which the engine publishes ports, if not this one or the engine's own"),
    ("USER", "dynrun: name of the account that --user host gets in the container"),
];

/// A snapshot of the process's environment and working directory.
#[derive(Clone, Debug)]
pub struct Environment {
    variables: BTreeMap<String, String>,
    unreadable: Vec<String>,
    working_directory: PathBuf,
}

impl Environment {
    /// Reads the process's environment. Values that are not UTF-8 are left out, and
    /// [`unreadable`](Self::unreadable) names them.
    ///
    /// # Errors
    /// Fails when the working directory no longer exists or may not be read.
    pub fn read() -> std::io::Result<Self> {
        #[expect(
            clippy::disallowed_methods,
            reason = "this is the one place that reads it"
        )]
        let all = std::env::vars_os();
        let mut variables = BTreeMap::new();
        let mut unreadable = Vec::new();
        for (name, value) in all.filter_map(|(name, value)| Some((name.into_string().ok()?, value)))
        {
            match value.into_string() {
                Ok(value) => {
                    variables.insert(name, value);
                }
                Err(_) => unreadable.push(name),
            }
        }
        Ok(Self {
            variables,
            unreadable,
            working_directory: std::env::current_dir()?,
        })
    }

    /// Builds an environment from values, for tests and for embedding.
    pub fn from_values<'a>(
        working_directory: &Path,
        values: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Self {
        Self {
            variables: values
                .into_iter()
                .map(|(n, v)| (n.to_owned(), v.to_owned()))
                .collect(),
            unreadable: Vec::new(),
            working_directory: working_directory.to_owned(),
        }
    }

    /// Sets a variable.
    pub fn set(&mut self, name: &str, value: &str) {
        self.variables.insert(name.to_owned(), value.to_owned());
    }

    /// Returns a variable's value; empty counts as unset.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.variables
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    /// Returns the variables that our programs read, and whose values are not UTF-8.
    pub fn unreadable(&self) -> impl Iterator<Item = &str> {
        let known = |name: &&str| VARIABLES.iter().any(|(known, _)| known == name);
        self.unreadable.iter().map(String::as_str).filter(known)
    }

    /// Returns all variables, for grammars that look names up (`-e NAME`, `--build-arg NAME`).
    pub fn variables(&self) -> &BTreeMap<String, String> {
        &self.variables
    }

    /// Returns the directory that the program was started in.
    pub fn working_directory(&self) -> &Path {
        &self.working_directory
    }

    /// Returns the home directory, if one is known.
    pub fn home(&self) -> Option<&Path> {
        self.get("HOME").map(Path::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_values_count_as_unset() {
        let environment = Environment::from_values(Path::new("/"), [("A", ""), ("B", "b")]);
        assert_eq!(
            (environment.get("A"), environment.get("B")),
            (None, Some("b"))
        );
    }
}
