//! The gateway: calls on behalf of a job, while that runs.
//!
//! A job is a Solve call that names no frontend. It lasts until somebody returns a result to it,
//! which it then exports. In between, frontends can be asked, and further steps can be run on what
//! they made.

use std::collections::HashMap;

use tonic::transport::Channel;
use tonic::{Request, Status};

use super::proto::control::frontend::llb_bridge_client::LlbBridgeClient;
use super::proto::control::frontend::{
    CacheOptionsEntry, FileRange, PingRequest, ReadFileRequest, Ref, Result as Answer,
    ReturnRequest, SolveRequest, StatFileRequest, result,
};
use super::proto::google::rpc;
use super::proto::pb;
use super::request_proto::FRONTEND;
use crate::buildkit::connection::MESSAGE_LIMIT;

/// How much of a file is read at once, in bytes.
const FILE_PIECE: i64 = 2 << 20;

/// Calls for one job. Clones share the connection.
#[derive(Clone, Debug)]
pub(super) struct Gateway {
    client: LlbBridgeClient<Channel>,
    reference: String,
}

impl Gateway {
    /// Waits for the job to be there.
    ///
    /// # Errors
    /// Fails when it does not come.
    pub(super) async fn of(channel: &Channel, reference: &str) -> Result<Self, Status> {
        let client = LlbBridgeClient::new(channel.clone());
        let mut gateway = Self {
            client: client.max_decoding_message_size(MESSAGE_LIMIT),
            reference: reference.to_owned(),
        };
        // The gateway waits for the job to be there in this call only.
        let ping = gateway.request(PingRequest {});
        gateway.client.ping(ping).await?;
        Ok(gateway)
    }

    /// Asks the Dockerfile frontend for what it makes of its options.
    pub(super) async fn solve(
        &mut self,
        frontend_opt: HashMap<String, String>,
        evaluate: Evaluate,
    ) -> Result<Answer, Status> {
        self.answer(SolveRequest {
            frontend: FRONTEND.into(),
            frontend_opt,
            evaluate: evaluate == Evaluate::Now,
            ..SolveRequest::default()
        })
        .await
    }

    /// Runs a graph of steps; nothing is kept of its result but cache.
    pub(super) async fn run(&mut self, graph: pb::Definition) -> Result<(), Status> {
        let answer = self.answer(SolveRequest {
            definition: Some(graph),
            evaluate: true,
            ..SolveRequest::default()
        });
        answer.await.map(drop)
    }

    /// Runs a graph of steps, and returns what it makes.
    pub(super) async fn made(
        &self,
        graph: pb::Definition,
        cache_imports: &[CacheOptionsEntry],
    ) -> Result<Ref, Status> {
        let mut gateway = self.clone();
        let answer = gateway
            .answer(SolveRequest {
                definition: Some(graph),
                cache_imports: cache_imports.to_vec(),
                evaluate: true,
                ..SolveRequest::default()
            })
            .await?;
        match answer.result {
            Some(result::Result::Ref(made)) => Ok(made),
            _ => Err(Status::internal("an answer of another form")),
        }
    }

    /// Returns the end of a file of a result, at most `limit` bytes.
    pub(super) async fn end_of_file(
        &self,
        reference: &str,
        path: &str,
        limit: i64,
    ) -> Result<Vec<u8>, Status> {
        let mut gateway = self.clone();
        let stat = gateway.request(StatFileRequest {
            r#ref: reference.to_owned(),
            path: path.to_owned(),
            mount_index: 0,
        });
        let stat = gateway.client.stat_file(stat).await?.into_inner().stat;
        let size = stat.map_or(0, |stat| stat.size);
        let mut bytes = Vec::new();
        let mut offset = (size - limit).max(0);
        while offset < size {
            let length = FILE_PIECE.min(size - offset);
            let read = gateway.request(ReadFileRequest {
                r#ref: reference.to_owned(),
                file_path: path.to_owned(),
                range: Some(FileRange { offset, length }),
                mount_index: 0,
            });
            let read = gateway.client.read_file(read).await?.into_inner();
            if read.data.is_empty() {
                break;
            }
            bytes.extend_from_slice(&read.data);
            offset = (size - limit).max(0) + i64::try_from(bytes.len()).unwrap_or(size);
        }
        Ok(bytes)
    }

    /// Makes an engine run the steps of a result that knows no other way to be told so.
    pub(super) async fn evaluate(&mut self, reference: &str) -> Result<(), Status> {
        let stat = self.request(StatFileRequest {
            r#ref: reference.to_owned(),
            path: ".".to_owned(),
            mount_index: 0,
        });
        self.client.stat_file(stat).await.map(drop)
    }

    async fn answer(&mut self, request: SolveRequest) -> Result<Answer, Status> {
        let solve = self.request(SolveRequest {
            allow_result_return: true,
            allow_result_array_ref: true,
            ..request
        });
        let answer = self.client.solve(solve).await?.into_inner();
        let result = answer.result;
        result.ok_or_else(|| Status::internal("an answer without a result"))
    }

    /// Gives the job its result, which ends it: what it should export is exported now.
    pub(super) async fn finish(&mut self, result: Answer) -> Result<(), Status> {
        let end = self.request(ReturnRequest {
            result: Some(without_definitions(result)),
            error: None,
        });
        self.client.r#return(end).await.map(drop)
    }

    /// Ends the job as failed: nothing is exported.
    pub(super) async fn fail(&mut self, message: &str) -> Result<(), Status> {
        let end = self.request(ReturnRequest {
            result: None,
            error: Some(rpc::Status {
                code: tonic::Code::Aborted.into(),
                message: message.to_owned(),
                details: Vec::new(),
            }),
        });
        self.client.r#return(end).await.map(drop)
    }

    /// Addresses a message to the job.
    fn request<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        let reference = self.reference.parse().expect("references are ASCII");
        request
            .metadata_mut()
            .insert("buildkit-controlapi-buildid", reference);
        request
    }
}

/// Whether the steps of a result run before the answer comes, or only when it is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Evaluate {
    Now,
    WhenNeeded,
}

/// The job knows its results by id. Their definitions are left out, because engines before Docker
/// 27.4 crash on some of them (see [`super::request_proto::message`]).
fn without_definitions(mut answer: Answer) -> Answer {
    match &mut answer.result {
        Some(result::Result::Ref(reference)) => reference.def = None,
        Some(result::Result::Refs(map)) => {
            for reference in map.refs.values_mut() {
                reference.def = None;
            }
        }
        Some(result::Result::RefDeprecated(_) | result::Result::RefsDeprecated(_)) | None => {}
    }
    answer
}
