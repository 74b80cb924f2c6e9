//! Images of the original stages that are other images now.

/// What a name or tag of an image means here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Image {
    /// The same.
    Same,
    /// An image of CUDA's, for a runtime that starts from the engine's image now; with its version.
    Cuda(Option<String>),
    /// An image of `PyTorch`, on which TensorRT-LLM was installed.
    Pytorch,
}

/// Returns what a runtime image, or its tag, means for `framework`.
pub(super) fn runtime(framework: &str, value: &str) -> Image {
    let has_own = ["vllm", "sglang", "trtllm"].contains(&framework);
    let is_cuda = value.contains("nvidia/cuda")
        || value.contains("cuda-dl-base")
        || cuda_version(value).is_some() && value.contains("ubuntu");
    if has_own && is_cuda {
        Image::Cuda(cuda_version(value))
    } else {
        Image::Same
    }
}

/// Returns what a base image, or its tag, means for `framework`.
pub(super) fn base(framework: &str, value: &str) -> Image {
    let is_pytorch = value.contains("nvidia/pytorch") || value.ends_with("-py3");
    if framework == "trtllm" && is_pytorch {
        Image::Pytorch
    } else {
        Image::Same
    }
}

/// Reads `13.0` out of `13.0.2-runtime-ubuntu24.04` and of `25.12-cuda13.1-runtime-ubuntu24.04`.
fn cuda_version(value: &str) -> Option<String> {
    let tag = value.rsplit(':').next()?;
    let text = tag.split_once("cuda").map_or(tag, |(_, behind)| behind);
    let version = text.split('-').next()?;
    let numbers: Vec<_> = version.split('.').take(2).collect();
    let is_number = |number: &&str| number.parse::<u16>().is_ok();
    (numbers.len() == 2 && numbers.iter().all(is_number)).then(|| numbers.join("."))
}

/// Returns the tag of vLLM's image for a git ref of vLLM, if that is a release.
pub(super) fn vllm_tag(reference: &str) -> Option<String> {
    let number = reference.strip_prefix('v').unwrap_or(reference);
    let mut parts = number.split('.');
    let is_number = |part: Option<&str>| part.is_some_and(|part| part.parse::<u16>().is_ok());
    let is_release = is_number(parts.next()) && is_number(parts.next()) && parts.next().is_some();
    is_release.then(|| format!("v{number}"))
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    #[test_case("vllm", "13.0.2-runtime-ubuntu24.04" => Image::Cuda(Some("13.0".into())); "a tag of cuda")]
    #[test_case("vllm", "nvcr.io/nvidia/cuda" => Image::Cuda(None); "cuda's image")]
    #[test_case("trtllm", "25.12-cuda13.1-runtime-ubuntu24.04" => Image::Cuda(Some("13.1".into())); "a tag of cuda-dl-base")]
    #[test_case("sglang", "v0.5.8-cu130-runtime" => Image::Same; "sglang's own")]
    #[test_case("vllm", "v0.26.0-ubuntu2404" => Image::Same; "vllm's own")]
    #[test_case("dynamo", "13.0.2-runtime-ubuntu24.04" => Image::Same; "no engine")]
    fn a_runtime_image_is(framework: &str, value: &str) -> Image {
        runtime(framework, value)
    }

    #[test_case("v0.14.1" => Some("v0.14.1".into()))]
    #[test_case("0.14.1" => Some("v0.14.1".into()); "without the letter")]
    #[test_case("v0.14.1rc2" => Some("v0.14.1rc2".into()); "a candidate")]
    #[test_case("main" => None)]
    #[test_case("5bcc153d7b" => None; "a commit")]
    fn a_release_of_vllm_has_an_image(reference: &str) -> Option<String> {
        vllm_tag(reference)
    }
}
