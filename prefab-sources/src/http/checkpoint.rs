//! A checkpoint of one server.

use std::sync::Arc;

use prefab_proto::packed::{self, PackedConfigs};
use reqwest::{
    StatusCode,
    header::{ACCEPT, ETAG, IF_NONE_MATCH},
};
use tokio::time::{Duration, timeout};

use super::{CDN, Http, head, origin::Origin};
use crate::{SourceError, remote::Checkpoint};

/// How long a whole checkpoint may take.
const CHECKPOINT_TIMEOUT: Duration = Duration::from_secs(60);

impl Http {
    pub(super) async fn checkpoint_of(&mut self, at: usize, since: i64) -> Result<Checkpoint, SourceError> {
        let Some(origin) = (if at == CDN { self.cdn.as_ref() } else { self.api.get(at) }) else {
            unreachable!("a list of origins contains only existing ones")
        };
        // The path of the first version of the API, which every server supports.
        let request = self.get(origin, &format!("/api/v1/configs/{since}"))?;
        let mut request = request.header(ACCEPT, "application/x-protobuf");
        if let Some(tag) = origin.tag(since) {
            request = request.header(IF_NONE_MATCH, tag);
        }
        let response = head(origin, request, self.timeout).await?;
        let source = Arc::clone(origin.name());
        if response.status() == StatusCode::NOT_MODIFIED {
            return Ok(Checkpoint { source, configs: None });
        }
        let tag = response.headers().get(ETAG).cloned();
        let body = timeout(CHECKPOINT_TIMEOUT, body(origin, response, self.timeout, self.max_bytes))
            .await
            .map_err(|_| {
            origin.unavailable(format!(
                "did not finish the response within {} s",
                CHECKPOINT_TIMEOUT.as_secs_f64()
            ))
        })??;
        let configs = decode(origin, body)?;
        let origin = if at == CDN { self.cdn.as_mut() } else { self.api.get_mut(at) };
        if let Some(origin) = origin {
            origin.set_tag(since, tag);
        }
        Ok(Checkpoint { source, configs: Some(configs) })
    }
}

async fn body(
    origin: &Origin,
    mut response: reqwest::Response,
    limit: Duration,
    max_bytes: usize,
) -> Result<Vec<u8>, SourceError> {
    let mut body = Vec::new();
    loop {
        match timeout(limit, response.chunk()).await {
            Ok(Ok(Some(chunk))) => {
                if body.len() + chunk.len() > max_bytes {
                    return Err(origin.protocol(format!("sent more than {max_bytes} bytes")));
                }
                body.extend_from_slice(&chunk);
            }
            Ok(Ok(None)) => return Ok(body),
            Ok(Err(cause)) => {
                return Err(
                    origin.unavailable(format!("closed the connection: {}", super::origin::root(&cause)))
                );
            }
            Err(_) => return Err(origin.unavailable(format!("sent nothing for {} s", limit.as_secs_f64()))),
        }
    }
}

fn decode(origin: &Origin, body: Vec<u8>) -> Result<PackedConfigs, SourceError> {
    let configs = packed::pack(body)
        .map_err(|cause| origin.protocol(format!("sent an invalid checkpoint: {cause}")))?;
    // Every project has a pointer. A login page of a network, or an empty response, does not.
    if configs.set.configs.is_empty() && configs.findings.is_empty() && configs.set.pointer.is_none() {
        return Err(origin.protocol("sent an empty response"));
    }
    Ok(configs)
}
