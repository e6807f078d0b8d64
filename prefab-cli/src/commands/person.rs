//! `prefab person`

use anyhow::Context as _;
use prefab_management_api::{
    CreateInvitationRequest, CreateInvitationResponse, EnvironmentRole, EnvironmentRoleRequest,
    InvitationResponse, MemberResponse, PasswordResetLink, RemovedMember, Role,
};
use prefab_store::names::{self, Case};
use reqwest::Method;
use serde_json::json;

use super::named_value;
use crate::{
    Failure,
    output::{self, FAINT, STRONG, VALUE},
    server::{Connection, Reply, Server},
};

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(clap::Subcommand)]
enum Verb {
    /// List the members of the project and the open invitations
    List {
        #[command(flatten)]
        connection: Connection,
    },
    /// Create an invitation link for a person
    Invite {
        /// The e-mail address of the person
        email: String,
        /// The role: viewer, editor, publisher or admin
        #[arg(long, value_name = "ROLE", value_parser = named_value::<Role>)]
        role: Role,
        /// A different role in an environment; can be repeated
        #[arg(long = "in", value_name = "ENVIRONMENT=ROLE", value_parser = environment_role)]
        exceptions: Vec<EnvironmentRoleRequest>,
        #[command(flatten)]
        connection: Connection,
    },
    /// Create a link with which a member sets a new password
    ResetPassword {
        /// The e-mail address of the member
        email: String,
        #[command(flatten)]
        connection: Connection,
    },
    /// Remove a member from the project
    Remove {
        /// The e-mail address of the member
        email: String,
        #[command(flatten)]
        connection: Connection,
    },
}

fn environment_role(text: &str) -> Result<EnvironmentRoleRequest, String> {
    let (environment, role) =
        text.split_once('=').ok_or("expected an environment and a role, as in Production=viewer")?;
    Ok(EnvironmentRoleRequest { environment: environment.to_owned(), role: named_value(role)? })
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    match &args.verb {
        Verb::List { connection } => list(connection),
        Verb::Invite { email, role, exceptions, connection } => {
            let request = CreateInvitationRequest {
                email: email.clone(),
                role: *role,
                environments: exceptions.clone(),
                expires_in_seconds: LINK_SECONDS,
            };
            let reply: Reply<CreateInvitationResponse> =
                connection.server()?.send(Method::POST, "/invitations", &request)?;
            let text = format!("Send this link to {email}. It is shown only once and expires after one week");
            reply.print(connection.json, &with_link(&text, &reply.link))
        }
        Verb::ResetPassword { email, connection } => {
            let server = connection.server()?;
            let path = format!("/people/{}/password-reset", member_id(&server, email)?);
            let reply: Reply<PasswordResetLink> = server.send_empty(Method::POST, &path)?;
            let text = format!("Send this link to {email}. It is shown only once and expires after one day");
            reply.print(connection.json, &with_link(&text, &reply.link))
        }
        Verb::Remove { email, connection } => {
            let server = connection.server()?;
            let path = format!("/people/{}", member_id(&server, email)?);
            if !connection.confirm(&format!("Remove {email} from the project?"))? {
                return Err(Failure::NoValue);
            }
            let reply: Reply<RemovedMember> = server.send_empty(Method::DELETE, &path)?;
            let keys = reply.credentials.keys.iter().map(|key| format!("API key {} ({})", key.id, key.name));
            let tokens =
                reply.credentials.tokens.iter().map(|token| format!("token {} ({})", token.id, token.name));
            let valid: Vec<String> = keys.chain(tokens).collect();
            let hint = if valid.is_empty() {
                String::new()
            } else {
                format!("\nIssued by this person and still valid: {}", valid.join(", "))
            };
            reply.print(connection.json, &format!("Removed {email} from the project{hint}"))
        }
    }
}

/// The lifetime of an invitation link: one week.
const LINK_SECONDS: i64 = 7 * 24 * 3_600;

fn with_link(text: &str, link: &str) -> String {
    format!("{text}:\n\n  {VALUE}{link}{VALUE:#}\n")
}

fn member_id(server: &Server, email: &str) -> Result<String, Failure> {
    let members: Reply<Vec<MemberResponse>> = server.get("/people")?;
    let member = names::find(&members, email, Case::Insensitive, |member| (None, member.email.as_str()));
    let id = member.ok().map(|member| member.id.clone());
    id.with_context(|| format!("the project has no member {email}; `prefab person list` lists the members"))
        .map_err(Failure::Usage)
}

fn list(connection: &Connection) -> Result<(), Failure> {
    let server = connection.server()?;
    let members: Reply<Vec<MemberResponse>> = server.get("/people")?;
    let invitations: Reply<Vec<InvitationResponse>> = server.get("/invitations")?;
    if connection.json {
        let json = json!({"people": members.json, "invitations": invitations.json});
        return Ok(output::line(&json.to_string())?);
    }
    for member in &*members {
        let roles = describe_roles(member.role, &member.environments);
        output::line(&format!("{STRONG}{}{STRONG:#}  {}  {roles}", member.email, member.name))?;
    }
    for invitation in &*invitations {
        let roles = describe_roles(invitation.role, &invitation.environments);
        output::line(&format!("{STRONG}{}{STRONG:#}  {roles}{FAINT}  invited{FAINT:#}", invitation.email))?;
    }
    Ok(())
}

/// Describes a role and the different roles in single environments.
pub(super) fn describe_roles(role: Role, environments: &[EnvironmentRole]) -> String {
    let own = environments.iter().map(|own| format!("{} in {}", own.role.name(), own.name));
    std::iter::once(role.name().to_owned()).chain(own).collect::<Vec<_>>().join(", ")
}
