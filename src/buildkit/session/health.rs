//! The health service: the engine asks every few seconds, and drops a session that is silent.

use tonic::{Request, Response, Status};

use crate::buildkit::proto::health::health_check_response::ServingStatus;
use crate::buildkit::proto::health::health_server::Health;
use crate::buildkit::proto::health::{
    HealthCheckRequest, HealthCheckResponse, HealthListRequest, HealthListResponse,
};

/// Always well: while this answers, the session is served.
#[derive(Clone, Copy, Debug)]
pub(super) struct AlwaysServing;

#[tonic::async_trait]
impl Health for AlwaysServing {
    async fn check(
        &self,
        _: Request<HealthCheckRequest>,
    ) -> Result<Response<HealthCheckResponse>, Status> {
        Ok(Response::new(HealthCheckResponse {
            status: ServingStatus::Serving.into(),
        }))
    }

    async fn list(
        &self,
        _: Request<HealthListRequest>,
    ) -> Result<Response<HealthListResponse>, Status> {
        Err(Status::unimplemented(
            "no engine lists the health of a session",
        ))
    }

    type WatchStream = tokio_stream::Empty<Result<HealthCheckResponse, Status>>;

    async fn watch(
        &self,
        _: Request<HealthCheckRequest>,
    ) -> Result<Response<Self::WatchStream>, Status> {
        Err(Status::unimplemented(
            "no engine watches the health of a session",
        ))
    }
}
