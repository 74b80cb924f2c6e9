//! Which image, and which of the words after the flags are its command.

use super::request::Request;
use crate::docker::reference::Reference;
use crate::plan::moving_name;
use crate::problem::Problem;
use crate::profile::Profile;
use crate::toml_file::Located;

/// The target of run.sh, where neither the user nor the profile names one.
const DEV: &str = "dev";

/// The image to run and the command for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chosen {
    /// The reference, as the user would write it.
    pub image: String,
    /// The command and its arguments.
    pub command: Vec<String>,
    /// Why this image.
    pub reason: Reason,
}

/// Why an image was chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It was named, by `--image` or as the first word.
    Named,
    /// It is what dynbuild makes for a framework and target.
    Built {
        /// The framework.
        framework: String,
        /// The target.
        target: String,
    },
}

impl Chosen {
    /// Decides what the words after the flags are.
    ///
    /// An image that is chosen by `--image`, `--framework` or `--target` leaves all words to the
    /// command, as in run.sh; so does `--` as the first of them. Otherwise the first word is the
    /// image, as in docker. With `--no-defaults` only `--image` differs from docker. Without any
    /// of these, it is the image that dynbuild last built for the profile's framework and default
    /// target, under the name that dynbuild gave it.
    pub fn new(request: &Request, profile: &Profile) -> Option<Self> {
        let words = request.words.clone();
        if let Some(image) = &request.image {
            return Some(Self::named(image.clone(), words));
        }
        let by_framework = request.framework.is_some() || request.target.is_some();
        let word_is_image = !words.is_empty() && !by_framework && !request.terminated;
        if request.no_defaults || word_is_image {
            let (image, command) = words.split_first()?;
            return Some(Self::named(image.clone(), command.to_vec()));
        }
        let own = profile.framework.as_ref().map_or("", Located::as_str);
        let framework = match &request.framework {
            Some(asked) => asked.to_lowercase(),
            None => own.to_owned(),
        };
        let default = profile.default_target.as_ref().map(Located::as_str);
        let target = request.target.clone().or(default.map(str::to_owned));
        let named = target.as_deref().unwrap_or_default();
        Some(Self {
            image: moving_name(profile, &framework, named)?,
            command: words,
            reason: Reason::Built {
                framework,
                target: target.unwrap_or_else(|| DEV.to_owned()),
            },
        })
    }

    fn named(image: String, command: Vec<String>) -> Self {
        Self {
            image,
            command,
            reason: Reason::Named,
        }
    }

    /// Checks that the reference is one.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn check(&self) -> Result<(), Problem> {
        use crate::docker::Hinted as _;
        match self.image.parse::<Reference>() {
            Ok(_) => Ok(()),
            Err(error) => {
                let mut problem = error.problem();
                if !problem.message.contains(&self.image) {
                    problem.message =
                        format!("invalid image `{}`: {}", self.image, problem.message);
                }
                Err(problem)
            }
        }
    }

    /// Returns the command that makes the image, if dynbuild is what makes it.
    pub fn build_line(&self) -> Option<String> {
        match &self.reason {
            Reason::Named => None,
            Reason::Built { framework, target } => Some(format!(
                "dynbuild --framework {framework} --target {target}"
            )),
        }
    }
}
