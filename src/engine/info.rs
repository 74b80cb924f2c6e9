//! What the engine tells about its host.

use bollard::models::{RegistryServiceConfig, SystemInfoCgroupVersionEnum};

use super::deadline::Pace;
use super::{Engine, EngineError};
use crate::registry::InsecureRegistries;

/// Facts about the engine's host.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EngineInfo {
    /// The directory with images and caches, on the engine's machine.
    pub data_root: String,
    /// The cores of its machine, 0 if it does not say.
    pub cores: u64,
    /// The memory of its machine in bytes, 0 if it does not say.
    pub memory: u64,
    /// The registries that it uses without knowing who they are.
    pub insecure_registries: InsecureRegistries,
    /// The names of the container runtimes that it knows.
    pub runtimes: Vec<String>,
    /// CDI devices in full (`vendor/class=name`); empty on engines older than 28.3.
    pub cdi_devices: Vec<String>,
    /// Whether it reads CDI specifications.
    pub reads_cdi: bool,
    /// The program that `--init` runs.
    pub init_binary: Option<String>,
    /// Whether it runs without root.
    pub rootless: bool,
    /// Whether its machine has the unified cgroup hierarchy (version 2).
    pub unified_cgroups: bool,
}

impl Engine {
    /// Asks for facts about the engine's host.
    ///
    /// # Errors
    /// Fails when the engine cannot be asked.
    pub async fn info(&self) -> Result<EngineInfo, EngineError> {
        let action = "describe its host";
        let info = async {
            let info = self.api().info().await;
            info.map_err(|source| EngineError::request(action, source))
        };
        let info = self.deadline().within(action, Pace::Quick, info).await?;
        let devices = info.discovered_devices.unwrap_or_default();
        let directories = info.cdi_spec_dirs.unwrap_or_default();
        let options = info.security_options.unwrap_or_default();
        Ok(EngineInfo {
            data_root: info.docker_root_dir.unwrap_or_default(),
            cores: count(info.ncpu),
            memory: count(info.mem_total),
            insecure_registries: info
                .registry_config
                .map(insecure_registries)
                .unwrap_or_default(),
            runtimes: info.runtimes.unwrap_or_default().into_keys().collect(),
            cdi_devices: devices.into_iter().filter_map(|device| device.id).collect(),
            reads_cdi: !directories.is_empty(),
            init_binary: info.init_binary.filter(|program| !program.is_empty()),
            rootless: options.iter().any(|option| option.contains("rootless")),
            unified_cgroups: info.cgroup_version == Some(SystemInfoCgroupVersionEnum::_2),
        })
    }
}

fn count(number: Option<i64>) -> u64 {
    number
        .and_then(|number| u64::try_from(number).ok())
        .unwrap_or(0)
}

fn insecure_registries(config: RegistryServiceConfig) -> InsecureRegistries {
    let hosts = config.index_configs.unwrap_or_default().into_iter();
    let insecure = hosts.filter(|(_, index)| index.secure == Some(false));
    InsecureRegistries {
        networks: config.insecure_registry_cidrs.unwrap_or_default(),
        hosts: insecure.map(|(host, _)| host).collect(),
    }
}
