//! What programs do with variables that no instruction names.

/// Variables that programs read from their environment without being named in a step.
const READ_BY_TOOLS: &[&str] = &[
    "AWS_",
    "CARGO_",
    "CC",
    "CFLAGS",
    "CGO_",
    "CMAKE_",
    "CONDA_",
    "CXX",
    "DEBIAN_",
    "FORCE_",
    "GIT_",
    "GO",
    "LD",
    "LANG",
    "LC_",
    "MAKEFLAGS",
    "MAX_JOBS",
    "NODE_",
    "NPM_",
    "NVCC_",
    "PIP_",
    "PYTHON",
    "RUST",
    "SCCACHE_",
    "SETUPTOOLS_",
    "TORCH_",
    "TZ",
    "UV_",
    "YARN_",
    "npm_config_",
];

/// Returns whether programs are known to read a variable of this name.
pub(super) fn programs_read(name: &str) -> bool {
    READ_BY_TOOLS.iter().any(|prefix| name.starts_with(prefix))
}

/// Variables that images are known to set: a stage that starts from one may use them undeclared.
const SET_BY_IMAGES: &[&str] = &[
    "CARGO_",
    "CUDA_",
    "CUDNN_",
    "GOLANG_",
    "GOPATH",
    "GPG_KEY",
    "HOME",
    "JAVA_",
    "LANG",
    "LC_ALL",
    "LD_LIBRARY_PATH",
    "NCCL_",
    "NODE_VERSION",
    "NVIDIA_",
    "NV_",
    "PATH",
    "PYTHON_",
    "PYTORCH_",
    "RUSTUP_",
    "RUST_VERSION",
    "TENSORRT_",
    "TRT_",
    "YARN_VERSION",
];

/// Returns whether the image that a stage starts from may well set a variable of this name.
pub(super) fn image_may_set(name: &str) -> bool {
    SET_BY_IMAGES.iter().any(|prefix| name.starts_with(prefix))
}

/// Programs that read their environment, or run others that do.
const PROGRAMS: &[&str] = &[
    "bash",
    "bazel",
    "bundle",
    "cargo",
    "cmake",
    "composer",
    "conda",
    "configure",
    "dotnet",
    "gcc",
    "g++",
    "gem",
    "go",
    "gradle",
    "java",
    "make",
    "mamba",
    "maturin",
    "meson",
    "mvn",
    "ninja",
    "node",
    "npm",
    "npx",
    "nvcc",
    "perl",
    "php",
    "pip",
    "pip3",
    "pnpm",
    "poetry",
    "python",
    "python3",
    "ruby",
    "rustup",
    "sh",
    "source",
    "uv",
    "yarn",
    "zsh",
];

/// Returns whether a script runs a program that may read any variable.
pub(super) fn runs_programs(script: &str) -> bool {
    let separator = |part: char| part.is_whitespace() || "\"'`;&|(){}[],=".contains(part);
    script.split(separator).any(|word| {
        let name = word.rsplit('/').next().unwrap_or(word);
        let is_script = word.starts_with("./")
            || [".sh", ".py", ".pl"]
                .iter()
                .any(|ending| name.ends_with(ending));
        is_script || PROGRAMS.contains(&name) || name.starts_with("python3.")
    })
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    #[test_case("RUN make -C /x", true; "a build")]
    #[test_case("RUN cd /x && ./configure", true; "a script by its path")]
    #[test_case("RUN /usr/bin/python3.12 -m x", true; "a version")]
    #[test_case("RUN [\"bash\", \"-c\", \"x\"]", true; "a list")]
    #[test_case("RUN mkdir -p /x && echo a > /y && cp /a /b", false; "files")]
    #[test_case("RUN true # $FREES", false; "nothing")]
    fn programs(script: &str, expected: bool) {
        assert_eq!(runs_programs(script), expected);
    }
}
