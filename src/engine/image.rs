//! Images in the engine's store.

use std::pin::pin;

use bollard::models::ImageInspect;
use bollard::query_parameters::ImportImageOptions;
use futures_util::StreamExt as _;
use tokio::io::AsyncRead;
use tokio_util::io::ReaderStream;

use super::deadline::Pace;
use super::http::{Call, escape, found};
use super::{Engine, EngineError};
use crate::docker::reference::Reference;

/// What we want to know of an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageFacts {
    /// The image id, `sha256:…`.
    pub id: String,
    /// Bytes on disk, as the engine counts them; stores differ in what they include.
    pub size: u64,
    /// `os/architecture[/variant]`.
    pub platform: String,
    /// How many layers it has.
    pub layers: usize,
    /// Labels of the image's configuration.
    pub labels: std::collections::BTreeMap<String, String>,
}

impl Engine {
    /// Returns facts about an image, or `None` if the store does not have it.
    ///
    /// # Errors
    /// Fails when the engine cannot be asked, or refuses for another reason than "not found".
    pub async fn image(&self, reference: &str) -> Result<Option<ImageFacts>, EngineError> {
        let action = format!("inspect image `{reference}`");
        let inspected = async {
            let image = self.api().inspect_image(reference).await;
            image.map_err(|source| EngineError::request(&action, source))
        };
        let inspected = self.deadline().within(&action, Pace::Quick, inspected);
        Ok(found(inspected).await?.map(Into::into))
    }

    /// Loads the images of an archive as `docker save` writes them.
    ///
    /// # Errors
    /// Fails when the engine cannot be asked, or refuses the archive.
    pub async fn load_image(
        &self,
        archive: impl AsyncRead + Send + Unpin + 'static,
    ) -> Result<(), EngineError> {
        let action = "load an image";
        let failed = |source| EngineError::request(action, source);
        let pieces = ReaderStream::new(archive);
        let options = ImportImageOptions::default();
        let mut answers = pin!(self.api().import_image_stream(options, pieces, None));
        while let Some(answer) = answers.next().await {
            let answer = answer.map_err(failed)?;
            if let Some(detail) = answer.error_detail {
                return Err(EngineError::Failed {
                    action: action.to_owned(),
                    message: detail.message.unwrap_or_default(),
                });
            }
        }
        Ok(())
    }

    /// Gives an image a further name; the image that had the name loses it.
    ///
    /// # Errors
    /// Fails when the engine cannot be asked, or has no such image.
    pub async fn tag_image(&self, image: &str, name: &str) -> Result<(), EngineError> {
        let action = format!("name the image `{name}`");
        let (repository, tag) = match name.parse::<Reference>().map(Reference::tagged) {
            Ok(reference) => (
                reference.familiar_name(),
                reference.tag().map_or(String::new(), ToString::to_string),
            ),
            Err(_) => (name.to_owned(), String::new()),
        };
        let query = format!("repo={}&tag={}", escape(&repository), escape(&tag));
        let path = format!("/images/{}/tag?{query}", escape(image));
        self.done(Call::post(&action, path)).await
    }

    /// Takes a name away; an image without any other name goes with it.
    ///
    /// # Errors
    /// Fails when the engine cannot be asked, or has no such image.
    pub async fn untag_image(&self, name: &str) -> Result<(), EngineError> {
        let action = format!("take the name `{name}` away");
        let path = format!("/images/{name}?noprune=true");
        self.body(Call::delete(&action, path)).await.map(drop)
    }

    /// Returns the names that a repository's images have, such as `dynamo:latest-vllm`.
    ///
    /// # Errors
    /// Fails when the engine cannot be asked.
    pub async fn image_names(&self, repository: &str) -> Result<Vec<String>, EngineError> {
        #[derive(serde::Deserialize)]
        struct Line {
            #[serde(rename = "RepoTags")]
            tags: Option<Vec<String>>,
        }
        let filters = serde_json::json!({"reference": [repository]}).to_string();
        let path = format!("/images/json?filters={}", escape(&filters));
        let lines: Vec<Line> = self.json(Call::get("list images", path)).await?;
        Ok(lines
            .into_iter()
            .flat_map(|line| line.tags.unwrap_or_default())
            .collect())
    }
}

impl From<ImageInspect> for ImageFacts {
    fn from(image: ImageInspect) -> Self {
        let size = image.size.and_then(|size| size.try_into().ok());
        let platform = [image.os, image.architecture, image.variant];
        let platform = platform.into_iter().flatten();
        let platform: Vec<_> = platform.filter(|part| !part.is_empty()).collect();
        let layers = image.root_fs.and_then(|root| root.layers);
        let labels = image.config.and_then(|config| config.labels);
        Self {
            id: image.id.unwrap_or_default(),
            size: size.unwrap_or_default(),
            platform: platform.join("/"),
            layers: layers.unwrap_or_default().len(),
            labels: labels.into_iter().flatten().collect(),
        }
    }
}
