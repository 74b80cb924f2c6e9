//! The values that templates name: as they are, and as parts of tags.

use std::borrow::Cow;

use super::axes::Axes;
use super::contents::Contents;
use super::findings::Findings;
use crate::docker::reference::Tag;
use crate::git::Checkout;
use crate::profile::{Template, Variable};
use crate::text::Words as _;

/// The values that templates can name, for one target.
pub(super) struct Values<'a> {
    pub(super) axes: &'a Axes<'a>,
    pub(super) target: &'a str,
    pub(super) contents: &'a Contents<'a>,
    pub(super) checkout: &'a Checkout,
}

impl Values<'_> {
    /// Returns a value as it is.
    pub(super) fn plain(&self, variable: Variable) -> Cow<'_, str> {
        match variable {
            Variable::Version => self.contents.version.value.as_str().into(),
            Variable::Framework => self.axes.called.as_str().into(),
            Variable::Target => self.target.into(),
            Variable::Device => self.axes.device.into(),
            Variable::Source => self.axes.source.value.as_str().into(),
            Variable::Arch => {
                let platforms = self.axes.platforms.iter();
                let archs: Vec<_> = platforms.map(|platform| &*platform.architecture).collect();
                archs.join("-").into()
            }
            Variable::Revision => {
                let revision = self.contents.revision;
                revision.map_or("", |revision| &revision.commit).into()
            }
            Variable::Branch => {
                let revision = self.checkout.revision();
                let branch = revision.and_then(|revision| revision.branch.as_deref());
                branch.unwrap_or_default().into()
            }
        }
    }

    /// Returns a value in which every character may stand in a tag, such as `feature-x` for the
    /// branch `feature/x`; notes what was changed.
    pub(super) fn in_a_tag(&self, variable: Variable, findings: &mut Findings) -> String {
        self.shortened(variable, Tag::MAX, findings)
    }

    fn shortened(&self, variable: Variable, most: usize, findings: &mut Findings) -> String {
        let plain = self.plain(variable);
        let Ok(sanitized) = Tag::shortened(&plain, most) else {
            return String::new();
        };
        if let Some(reason) = sanitized.reason {
            findings.note(format!(
                "In image names, the {variable} `{plain}` is changed: {reason}"
            ));
        }
        sanitized.tag.as_str().to_owned()
    }

    /// Fills in a template of an image name or of a cache's name. The longest value is cut where the
    /// tag would be too long.
    pub(super) fn expand(&self, template: &Template, findings: &mut Findings) -> String {
        let cut = self.cut(template);
        let findings = std::cell::RefCell::new(findings);
        template.expand(|variable| {
            let most = cut.filter(|(longest, _)| *longest == variable);
            let most = most.map_or(Tag::MAX, |(_, most)| most);
            let value = self.shortened(variable, most, &mut findings.borrow_mut());
            value.into()
        })
    }

    /// Returns which value has to be cut, and to how many characters.
    fn cut(&self, template: &Template) -> Option<(Variable, usize)> {
        let word = |variable| self.in_a_tag(variable, &mut Findings::default());
        let text = template.expand(|variable| word(variable).into());
        let excess = longest_tag(&text).saturating_sub(Tag::MAX);
        let named = Variable::ALL.iter().copied();
        let named = named.filter(|variable| template.names(*variable));
        let lengths = named.map(|variable| (variable, word(variable).len()));
        let (longest, length) = lengths.max_by_key(|(_, length)| *length)?;
        (0 < excess && excess < length).then(|| (longest, length - excess))
    }

    /// Returns why a value that a template names is empty.
    pub(super) fn empty(&self, template: &Template) -> Option<(Variable, &'static str)> {
        let why = |variable| match (self.checkout.revision(), variable) {
            (None, _) => "the build context is in no git repository with a commit",
            (Some(_), Variable::Revision) => {
                "released packages are installed (`--source wheel`), not a commit of the context"
            }
            (Some(_), _) => "no branch is checked out",
        };
        let mut of_git = [Variable::Branch, Variable::Revision].into_iter();
        let empty =
            of_git.find(|variable| template.names(*variable) && self.plain(*variable).is_empty());
        empty.map(|variable| (variable, why(variable)))
    }
}

/// Returns the length of the longest tag in the name of an image, or in attributes that name one.
fn longest_tag(text: &str) -> usize {
    let names = text.split(',').filter_map(|field| field.rsplit('/').next());
    let tags = names.filter_map(|name| Some(name.split_once(':')?.1.len()));
    tags.max().unwrap_or_default()
}
