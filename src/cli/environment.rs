//! The environment, read once and only here.
//!
//! Everything below the edge gets values. [`VARIABLES`] is the complete list of what is read, and
//! the table that the documentation prints.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// One documented environment variable.
#[derive(Clone, Copy, Debug)]
pub struct Variable {
    /// The name, as in the shell.
    pub name: &'static str,
    /// What it does, in a few words.
    pub help: &'static str,
}

/// Every variable that changes what our programs do, apart from those that a profile names as the
/// source of a secret and those that `--build-arg NAME` or `-e NAME` name.
pub const VARIABLES: &[Variable] = &[
    Variable {
        name: "DOCKER_HOST",
        help: "engine to talk to (unix://, tcp://, ssh://)",
    },
    Variable {
        name: "DOCKER_CONTEXT",
        help: "docker context that names the engine",
    },
    Variable {
        name: "DOCKER_CONFIG",
        help: "directory of docker's config.json (default ~/.docker)",
    },
    Variable {
        name: "DOCKER_TLS_VERIFY",
        help: "use TLS for tcp:// engines when not empty",
    },
    Variable {
        name: "DOCKER_CERT_PATH",
        help: "directory of ca.pem, cert.pem and key.pem",
    },
    Variable {
        name: "DOCKER_CUSTOM_HEADERS",
        help: "headers for requests to the engine, as NAME=VALUE,NAME=VALUE",
    },
    Variable {
        name: "DOCKER_AUTH_CONFIG",
        help: "logins to registries, as JSON like that of docker's config.json",
    },
    Variable {
        name: "DYNBUILD_ENGINE_TIMEOUT",
        help: "how long the engine may take to answer, for example 5m (default 60s)",
    },
    Variable {
        name: "BUILDX_BUILDER",
        help: "default of --builder",
    },
    Variable {
        name: "BUILDX_CONFIG",
        help: "directory of the builders of docker buildx",
    },
    Variable {
        name: "HTTPS_PROXY",
        help: "proxy through which dynbuild asks registries (also https_proxy)",
    },
    Variable {
        name: "HTTP_PROXY",
        help: "the same for registries without TLS (also http_proxy)",
    },
    Variable {
        name: "NO_PROXY",
        help: "registries that are asked directly (also no_proxy)",
    },
    Variable {
        name: "DYNBUILD_FRAMEWORK",
        help: "default of --framework",
    },
    Variable {
        name: "DYNBUILD_TARGET",
        help: "default of --target",
    },
    Variable {
        name: "DYNBUILD_DEVICE",
        help: "default of --device",
    },
    Variable {
        name: "DYNBUILD_PLATFORM",
        help: "default of --platform",
    },
    Variable {
        name: "DYNBUILD_SOURCE",
        help: "default of --source",
    },
    Variable {
        name: "DYNBUILD_PROGRESS",
        help: "default of --progress",
    },
    Variable {
        name: "BUILDKIT_PROGRESS",
        help: "the same for docker's clients, if DYNBUILD_PROGRESS is not set",
    },
    Variable {
        name: "DYNBUILD_COMPLETE",
        help: "set by the scripts of `dynbuild completions`, which ask the program",
    },
    Variable {
        name: "DYNBUILD_PROFILE_DIR",
        help: "default of --profile-dir",
    },
    Variable {
        name: "DYNBUILD_CONFIG",
        help: "user settings file (default ~/.config/dynbuild/config.toml)",
    },
    Variable {
        name: "SOURCE_DATE_EPOCH",
        help: "creation time of images, in seconds since 1970",
    },
    Variable {
        name: "SSH_AUTH_SOCK",
        help: "ssh agent that --ssh default forwards",
    },
    Variable {
        name: "AWS_WEB_IDENTITY_TOKEN_FILE",
        help: "file of the secret aws-web-identity-token, for sccache on S3",
    },
    Variable {
        name: "ACTIONS_RUNTIME_TOKEN",
        help: "token of the cache service of GitHub Actions, for type=gha caches without token=",
    },
    Variable {
        name: "ACTIONS_RESULTS_URL",
        help: "cache service of GitHub Actions, for type=gha caches without url_v2= or url=",
    },
    Variable {
        name: "ACTIONS_CACHE_URL",
        help: "the same in version 1, for type=gha caches without url=",
    },
    Variable {
        name: "ACTIONS_CACHE_SERVICE_V2",
        help: "`true` makes version 2 the default of type=gha caches",
    },
    Variable {
        name: "GITHUB_ACTIONS",
        help: "`true` writes problems and warnings as annotations too",
    },
    Variable {
        name: "GITHUB_STEP_SUMMARY",
        help: "file that the summary of a build is added to, in Markdown",
    },
    Variable {
        name: "GITHUB_WORKSPACE",
        help: "directory from which annotations name files",
    },
    Variable {
        name: "NO_COLOR",
        help: "no colours when not empty",
    },
    Variable {
        name: "CLICOLOR_FORCE",
        help: "colours even when not a terminal",
    },
    Variable {
        name: "TERM",
        help: "`dumb` switches the live display off",
    },
    Variable {
        name: "HOME",
        help: "home directory",
    },
    Variable {
        name: "XDG_CONFIG_HOME",
        help: "place of the user settings file",
    },
    Variable {
        name: "XDG_RUNTIME_DIR",
        help: "place of a rootless engine's socket and of secret files",
    },
    Variable {
        name: "XDG_STATE_HOME",
        help: "place of the output of failed steps, and of dynrun's notes on containers (default ~/.local/state)",
    },
    Variable {
        name: "LANG",
        help: "ASCII drawing when not UTF-8 (also LC_ALL, LC_CTYPE)",
    },
    Variable {
        name: "LC_ALL",
        help: "see LANG",
    },
    Variable {
        name: "LC_CTYPE",
        help: "see LANG",
    },
    Variable {
        name: "HF_HOME",
        help: "dynrun: default of --hf-home",
    },
    Variable {
        name: "HF_TOKEN",
        help: "token for gated models; passed as a secret, never as an argument",
    },
    Variable {
        name: "DYNBUILD_ENGINE_ADDRESS",
        help: "dynrun: host on which the engine publishes ports, if not this one or the engine's own",
    },
    Variable {
        name: "USER",
        help: "dynrun: name of the account that --user host gets in the container",
    },
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
        let known = |name: &&str| VARIABLES.iter().any(|variable| variable.name == *name);
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
