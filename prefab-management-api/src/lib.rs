//! Requests, queries and responses of the management API.
//!
#![doc = include_str!("../README.md")]

mod audit;
mod change;
mod contexts;
mod drafts;
mod environments;
mod error;
mod evaluations;
mod events;
mod explain;
mod health;
mod installation;
mod invitations;
mod item;
mod items;
mod keys;
mod log_levels;
mod namespaces;
mod overrides;
mod people;
mod projects;
mod removed_members;
mod secrets;
mod sessions;
mod tokens;
mod transfer;

pub use audit::{AuditLogEntry, AuditQuery};
pub use change::{
    ChangeComment, ChangeResponse, DiffQuery, DiffResponse, ItemVersion, RevealQuery, RevertRequest,
    SetValueRequest, ValidateValueRequest,
};
pub use contexts::{ContextExample, ContextProperty, ContextShape, ContextsQuery, ContextsResponse};
pub use drafts::{DraftResponse, PublishDraftRequest, SaveDraftRequest};
pub use environments::{
    CompareQuery, CopyRulesRequest, CopyRulesResponse, CreateEnvironmentRequest, EnvironmentResponse,
    RuleDifference, UpdateEnvironmentRequest,
};
pub use error::{EmbeddedErrors, ErrorDetail, ErrorResponse};
pub use evaluations::{
    BucketLength, EnvironmentCounts, EvaluationBucket, EvaluationsQuery, EvaluationsResponse, UnusedItem,
    UnusedQuery, UnusedResponse, ValueCount,
};
pub use events::{ChangeEvent, ClientsEvent, DraftEvent, EvaluationsEvent, ReceivedVersion};
pub use explain::{ExplainRequest, ExplainResponse, ExplainedStep};
pub use health::{
    DatabaseHealth, EnvironmentHealth, HealthResponse, PayloadSizes, Propagation, ProtocolCount,
    ServerHealth, TelemetryHealth,
};
pub use installation::{InstallationResponse, Inviters, UpdateInstallationRequest};
pub use invitations::{CreateInvitationRequest, CreateInvitationResponse, InvitationResponse};
pub use item::{EnvironmentRules, FlatCriterion, FlatValue, Item, ItemType, Rule, Rules, ValueKind, Variant};
pub use items::{ItemPage, ItemRequest, ItemState, ItemSummary, ItemUsage, ListItemsQuery};
pub use keys::{
    ApiKeyResponse, CreateKeyRequest, CreateKeyResponse, KeyExpiryRequest, KeyKind, RotateKeyRequest,
};
pub use log_levels::{
    LevelCounts, LevelTarget, Lifetime, LogLevelResponse, LoggerResponse, LoggersQuery, RemoveLogLevelQuery,
    SetLogLevelRequest, SetLogLevelResponse, TargetedLevel,
};
pub use namespaces::{namespace_depth, namespace_problem};
pub use overrides::{OverrideQuery, OverrideResponse, SetOverrideRequest};
pub use people::{
    AccountQuery, AccountResponse, AddMemberRequest, EnvironmentRole, EnvironmentRoleRequest, MemberResponse,
    PasswordResetLink, Role, UpdateMemberRequest,
};
pub use projects::{CreateProjectRequest, DEFAULT_ENVIRONMENTS, ProjectResponse, RenameProjectRequest};
pub use removed_members::{IssuedCredentials, RemovedMember};
pub use secrets::{EncryptedValue, ItemSecrets, RotateSecretsRequest, RotateSecretsResponse, SecretsQuery};
pub use sessions::{
    ChangePasswordRequest, DeleteAccountRequest, EmptyResponse, LogInRequest, MembershipOffer,
    PersonResponse, ResetPasswordRequest, SessionProject, SessionResponse, SignUpRequest,
};
pub use tokens::{CreateTokenRequest, CreateTokenResponse, TokenResponse};
pub use transfer::{ExportQuery, ImportFormat, ImportPlan, ImportQuery, ImportedEnvironment, PlannedStep};

#[cfg(test)]
mod tests;
