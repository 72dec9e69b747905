/* Clerk Backend API: what came after the reference page. */
#include "apis/clerk_more.h"

#include "apis/clerk_invitation.h"
#include "apis/facts.h"

/* ---- models -------------------------------------------------------------------------------- */

/* Time stamps are whole milliseconds since 1970. */
static const cvk_field invitation_row_fields[] = {
    {.name = "email_address", REQUIRED, .schema = STRING(), .summary = "Whose address"},
    {.name = "public_metadata", .schema = FREE_OBJECT(NULLABLE),
     .summary = "Copied to who accepts"},
    {.name = "redirect_url", .schema = STRING(NULLABLE),
     .summary = "Where the invitation link leads"},
    {.name = "notify", .schema = BOOLEAN(NULLABLE), .fallback = "true",
     .summary = "Whether to send the e-mail"},
    {.name = "ignore_existing", .schema = BOOLEAN(NULLABLE), .fallback = "false",
     .summary = "Also if the address is invited already or has a user"},
    {.name = "expires_in_days", .schema = INTEGER(NULLABLE, AT_LEAST(1), AT_MOST(365)),
     .summary = "Validity in days"},
    {.name = "template_slug", .schema = STRING(WORDS("invitation", "waitlist_invitation")),
     .fallback = "\"invitation\"", .summary = "Which e-mail to send"},
};
static const cvk_model invitation_row = {.name = "InvitationRow", FIELDS(invitation_row_fields)};

static const cvk_field public_inviter_fields[] = {
    {.name = "user_id", REQUIRED, .schema = STRING(), .summary = "User, user_..."},
    {.name = "first_name", REQUIRED, .schema = STRING(NULLABLE), .summary = "First name"},
    {.name = "last_name", REQUIRED, .schema = STRING(NULLABLE), .summary = "Last name"},
    {.name = "image_url", REQUIRED, .schema = STRING(), .summary = "Picture"},
    {.name = "has_image", REQUIRED, .schema = BOOLEAN(),
     .summary = "Whether there is a picture of their own"},
    {.name = "identifier", REQUIRED, .schema = STRING(),
     .summary = "Address or name to sign in with"},
};
static const cvk_model public_inviter = {.name = "PublicInviter", FIELDS(public_inviter_fields)};

/* What every invitation into an organization shows. */
#define ORGANIZATION_INVITATION \
    {.name = "object", REQUIRED, .schema = STRING(WORDS("organization_invitation")), \
     .summary = "What it is"}, \
    {.name = "id", REQUIRED, .schema = STRING(), .summary = "Its id"}, \
    {.name = "email_address", REQUIRED, .schema = STRING(), .summary = "Whose address"}, \
    {.name = "role", REQUIRED, .schema = STRING(), \
     .summary = "Key of the role, such as org:member"}, \
    {.name = "role_name", REQUIRED, .schema = STRING(), .summary = "Name of the role"}, \
    {.name = "organization_id", .schema = STRING(), .summary = "Organization, org_..."}, \
    {.name = "inviter_id", REQUIRED, .schema = STRING(NULLABLE), .summary = "Who invited"}, \
    {.name = "public_inviter_data", REQUIRED, .schema = MODEL(public_inviter, NULLABLE), \
     .summary = "About who invited"}, \
    {.name = "status", .schema = STRING(), .summary = "Where it stands"}, \
    {.name = "public_metadata", REQUIRED, .schema = FREE_OBJECT(), \
     .summary = "Copied to who accepts"}, \
    {.name = "private_metadata", .schema = FREE_OBJECT(), .summary = "For the backend only"}, \
    {.name = "url", REQUIRED, .schema = STRING(NULLABLE), .summary = "The link that accepts"}, \
    {.name = "expires_at", REQUIRED, .schema = INTEGER(NULLABLE, .format = "int64"), \
     .summary = "End of validity, milliseconds"}, \
    {.name = "created_at", REQUIRED, .schema = INTEGER(.format = "int64"), \
     .summary = "Creation, milliseconds"}, \
    {.name = "updated_at", REQUIRED, .schema = INTEGER(.format = "int64"), \
     .summary = "Last change, milliseconds"}

static const cvk_field organization_invitation_fields[] = {ORGANIZATION_INVITATION};
static const cvk_model organization_invitation = {.name = "OrganizationInvitation", FIELDS(organization_invitation_fields)};

static const cvk_field organization_invitations_fields[] = {
    {.name = "data", REQUIRED, .schema = ARRAY(MODEL(organization_invitation)),
     .summary = "One page"},
    {.name = "total_count", REQUIRED, .schema = INTEGER(.format = "int64"),
     .summary = "On all pages"},
};
static const cvk_model organization_invitations = {.name = "OrganizationInvitations", FIELDS(organization_invitations_fields)};

#define ORGANIZATION_INVITATION_ROW \
    {.name = "email_address", REQUIRED, .schema = STRING(), .summary = "Whose address"}, \
    {.name = "role", REQUIRED, .schema = STRING(), \
     .summary = "Key of the role, such as org:member"}, \
    {.name = "inviter_user_id", .schema = STRING(NULLABLE), .summary = "Member who invites"}, \
    {.name = "public_metadata", .schema = FREE_OBJECT(NULLABLE), \
     .summary = "Copied to who accepts"}, \
    {.name = "private_metadata", .schema = FREE_OBJECT(NULLABLE), \
     .summary = "For the backend only"}, \
    {.name = "redirect_url", .schema = STRING(NULLABLE), \
     .summary = "Where the invitation link leads"}, \
    {.name = "expires_in_days", .schema = INTEGER(NULLABLE, AT_LEAST(1), AT_MOST(365)), \
     .summary = "Validity in days"}, \
    {.name = "notify", .schema = BOOLEAN(NULLABLE), .fallback = "true", \
     .summary = "Whether to send the e-mail"}

static const cvk_field organization_invitation_row_fields[] = {ORGANIZATION_INVITATION_ROW};
static const cvk_model organization_invitation_row = {.name = "OrganizationInvitationRow", FIELDS(organization_invitation_row_fields)};

static const cvk_field public_organization_fields[] = {
    {.name = "id", REQUIRED, .schema = STRING(), .summary = "Its id"},
    {.name = "name", REQUIRED, .schema = STRING(), .summary = "Name"},
    {.name = "slug", REQUIRED, .schema = STRING(), .summary = "Name in addresses"},
    {.name = "image_url", .schema = STRING(), .summary = "Picture"},
    {.name = "has_image", REQUIRED, .schema = BOOLEAN(),
     .summary = "Whether there is a picture of their own"},
};
static const cvk_model public_organization = {.name = "PublicOrganization", FIELDS(public_organization_fields)};

static const cvk_field invitation_of_organization_fields[] = {
    ORGANIZATION_INVITATION,
    {.name = "public_organization_data", .schema = MODEL(public_organization),
     .summary = "About the organization"},
};
static const cvk_model invitation_of_organization = {.name = "InvitationOfOrganization", FIELDS(invitation_of_organization_fields)};

static const cvk_field invitations_of_organizations_fields[] = {
    {.name = "data", REQUIRED, .schema = ARRAY(MODEL(invitation_of_organization)),
     .summary = "One page"},
    {.name = "total_count", REQUIRED, .schema = INTEGER(.format = "int64"),
     .summary = "On all pages"},
};
static const cvk_model invitations_of_organizations = {.name = "InvitationsOfOrganizations", FIELDS(invitations_of_organizations_fields)};

static const cvk_field session_activity_fields[] = {
    {.name = "object", REQUIRED, .schema = STRING(), .summary = "What it is"},
    {.name = "id", REQUIRED, .schema = STRING(), .summary = "Its id"},
    {.name = "device_type", .schema = STRING(), .summary = "Kind of device"},
    {.name = "is_mobile", REQUIRED, .schema = BOOLEAN(), .summary = "Whether it is a mobile one"},
    {.name = "browser_name", .schema = STRING(), .summary = "Browser"},
    {.name = "browser_version", .schema = STRING(), .summary = "Its version"},
    {.name = "ip_address", .schema = STRING(), .summary = "Address of the device"},
    {.name = "city", .schema = STRING(), .summary = "City"},
    {.name = "country", .schema = STRING(), .summary = "Country"},
};
static const cvk_model session_activity = {.name = "SessionActivity", FIELDS(session_activity_fields)};

static const cvk_field session_task_fields[] = {
    {.name = "key", REQUIRED, .schema = STRING(), .summary = "Which task"},
};
static const cvk_model session_task = {.name = "SessionTask", FIELDS(session_task_fields)};

static const cvk_field session_fields[] = {
    {.name = "object", REQUIRED, .schema = STRING(WORDS("session")), .summary = "What it is"},
    {.name = "id", REQUIRED, .schema = STRING(), .summary = "Its id"},
    {.name = "user_id", REQUIRED, .schema = STRING(), .summary = "User, user_..."},
    {.name = "client_id", REQUIRED, .schema = STRING(), .summary = "Client, client_..."},
    {.name = "actor", .schema = FREE_OBJECT(NULLABLE), .summary = "Who acts for the user"},
    {.name = "status", REQUIRED, .schema = STRING(WORDS("active", "revoked", "ended", "expired", "removed", "abandoned", "replaced", "pending")),
     .summary = "Where it stands"},
    {.name = "last_active_organization_id", .schema = STRING(NULLABLE),
     .summary = "Organization of the last request"},
    {.name = "last_active_at", REQUIRED, .schema = INTEGER(),
     .summary = "Last activity, milliseconds"},
    {.name = "latest_activity", .schema = MODEL(session_activity, NULLABLE),
     .summary = "From where it was used last"},
    {.name = "expire_at", REQUIRED, .schema = INTEGER(.format = "int64"),
     .summary = "End of the session, milliseconds"},
    {.name = "abandon_at", REQUIRED, .schema = INTEGER(.format = "int64"),
     .summary = "When it counts as abandoned, milliseconds"},
    {.name = "updated_at", REQUIRED, .schema = INTEGER(.format = "int64"),
     .summary = "Last change, milliseconds"},
    {.name = "created_at", REQUIRED, .schema = INTEGER(.format = "int64"),
     .summary = "Creation, milliseconds"},
    {.name = "tasks", .schema = ARRAY(MODEL(session_task), NULLABLE),
     .summary = "What the user has yet to do"},
};
static const cvk_model session = {.name = "Session", FIELDS(session_fields)};

static const cvk_field session_token_fields[] = {
    {.name = "object", .schema = STRING(WORDS("token")), .summary = "What it is"},
    {.name = "jwt", .schema = STRING(), .summary = "The token"},
};
static const cvk_model session_token = {.name = "SessionToken", FIELDS(session_token_fields)};

static const cvk_field waitlist_entry_fields[] = {
    {.name = "object", REQUIRED, .schema = STRING(WORDS("waitlist_entry")),
     .summary = "What it is"},
    {.name = "id", REQUIRED, .schema = STRING(), .summary = "Its id"},
    {.name = "email_address", REQUIRED, .schema = STRING(.format = "email"),
     .summary = "Whose address"},
    {.name = "status", REQUIRED, .schema = STRING(WORDS("pending", "invited", "rejected", "completed")),
     .summary = "Where it stands"},
    {.name = "is_locked", .schema = BOOLEAN(), .summary = "A batch is at work on it"},
    {.name = "created_at", REQUIRED, .schema = INTEGER(.format = "int64"),
     .summary = "Creation, milliseconds"},
    {.name = "updated_at", REQUIRED, .schema = INTEGER(.format = "int64"),
     .summary = "Last change, milliseconds"},
    {.name = "invitation", .schema = MODEL(cvk_clerk_invitation, NULLABLE),
     .summary = "What was sent; null unless invited"},
};
static const cvk_model waitlist_entry = {.name = "WaitlistEntry", FIELDS(waitlist_entry_fields)};

static const cvk_field waitlist_entries_fields[] = {
    {.name = "data", REQUIRED, .schema = ARRAY(MODEL(waitlist_entry)), .summary = "One page"},
    {.name = "total_count", REQUIRED, .schema = INTEGER(), .summary = "On all pages"},
};
static const cvk_model waitlist_entries = {.name = "WaitlistEntries", FIELDS(waitlist_entries_fields)};

static const cvk_field waitlist_row_fields[] = {
    {.name = "email_address", REQUIRED, .schema = STRING(.format = "email"),
     .summary = "Whose address"},
    {.name = "notify", .schema = BOOLEAN(NULLABLE), .fallback = "true",
     .summary = "Whether to send the e-mail"},
};
static const cvk_model waitlist_row = {.name = "WaitlistRow", FIELDS(waitlist_row_fields)};

static const cvk_field deleted_object_fields[] = {
    {.name = "object", REQUIRED, .schema = STRING(), .summary = "What it is"},
    {.name = "id", .schema = STRING(), .summary = "Its id"},
    {.name = "slug", .schema = STRING(), .summary = "Name in addresses"},
    {.name = "deleted", REQUIRED, .schema = BOOLEAN(), .summary = "Always true"},
    {.name = "external_id", .schema = STRING(), .summary = "Id in another system"},
};
static const cvk_model deleted_object = {.name = "DeletedObject", FIELDS(deleted_object_fields)};

static const cvk_field paginated_sessions_fields[] = {
    {.name = "data", REQUIRED, .schema = ARRAY(MODEL(session)), .summary = "One page"},
    {.name = "total_count", REQUIRED, .schema = INTEGER(.format = "int64"),
     .summary = "On all pages"},
};
static const cvk_model paginated_sessions = {.name = "PaginatedSessions",
                                             FIELDS(paginated_sessions_fields)};

static const cvk_field session_refresh_fields[] = {
    {.name = "object", REQUIRED, .schema = STRING(WORDS("token", "cookies")),
     .summary = "What it is"},
    {.name = "jwt", .schema = STRING(), .summary = "The token"},
    {.name = "cookies", .schema = ARRAY(STRING()), .summary = "Set-Cookie directives"},
};
static const cvk_model session_refresh = {.name = "SessionRefresh", FIELDS(session_refresh_fields)};

/* ---- parameters ---------------------------------------------------------------------------- */

#define ORGANIZATION_ID \
    {.name = "organization_id", IN_PATH, .schema = STRING(), .summary = "Organization, org_..."}
#define SESSION_ID \
    {.name = "session_id", IN_PATH, .schema = STRING(), .summary = "Session id, sess_..."}
#define ENTRY_ID \
    {.name = "waitlist_entry_id", IN_PATH, .schema = STRING(), .summary = "Entry of the waitlist"}
#define ORGANIZATION_INVITATION_ID \
    {.name = "invitation_id", IN_PATH, .schema = STRING(), .summary = "Invitation id, orginv_..."}
#define EXPIRES_IN_SECONDS \
    {.name = "expires_in_seconds", .schema = INTEGER(NULLABLE, AT_LEAST(30), AT_MOST(315360000)), \
     .summary = "Validity of the token"}
#define PAGE_PARAMS \
    {.name = "limit", IN_QUERY, .schema = INTEGER(AT_LEAST(1), AT_MOST(500)), .fallback = "10", \
     .summary = "Results per page"}, \
    {.name = "offset", IN_QUERY, .schema = INTEGER(AT_LEAST(0)), .fallback = "0", \
     .summary = "Results to skip"}

static const cvk_field create_bulk_invitations_params[] = {
    {.name = "body", REQUIRED, .schema = ARRAY(MODEL(invitation_row), FROM_TO(1, 10)),
     .summary = "The rows, of which each becomes one"},
};

static const cvk_field create_organization_invitation_params[] = {ORGANIZATION_ID, ORGANIZATION_INVITATION_ROW};

static const cvk_field list_organization_invitations_params[] = {
    ORGANIZATION_ID,
    {.name = "status", IN_QUERY, .schema = STRING(INVITATION_STATUS),
     .summary = "Where it stands"},
    {.name = "email_address", IN_QUERY, .schema = STRING(), .summary = "Whose address"},
    {.name = "order_by", IN_QUERY, .schema = STRING(), .fallback = "\"-created_at\"",
     .summary = "What to sort by, after + or -"},
    PAGE_PARAMS,
};

static const cvk_field create_organization_invitation_bulk_params[] = {
    ORGANIZATION_ID,
    {.name = "body", REQUIRED, .schema = ARRAY(MODEL(organization_invitation_row), FROM_TO(1, 10)),
     .summary = "The rows, of which each becomes one"},
};

static const cvk_field list_pending_organization_invitations_params[] = {ORGANIZATION_ID, PAGE_PARAMS};

static const cvk_field get_organization_invitation_params[] = {ORGANIZATION_ID, ORGANIZATION_INVITATION_ID};

static const cvk_field revoke_organization_invitation_params[] = {
    ORGANIZATION_ID,
    ORGANIZATION_INVITATION_ID,
    {.name = "requesting_user_id", .schema = STRING(NULLABLE), .summary = "Member who revokes"},
};

static const cvk_field list_instance_organization_invitations_params[] = {
    {.name = "order_by", IN_QUERY, .schema = STRING(), .fallback = "\"-created_at\"",
     .summary = "What to sort by, after + or -"},
    {.name = "status", IN_QUERY, .schema = STRING(INVITATION_STATUS),
     .summary = "Where it stands"},
    {.name = "query", IN_QUERY, .schema = STRING(), .summary = "Match on address or id"},
    PAGE_PARAMS,
};

static const cvk_field users_get_organization_invitations_params[] = {
    {.name = "user_id", IN_PATH, .schema = STRING(), .summary = "User, user_..."},
    PAGE_PARAMS,
    {.name = "status", IN_QUERY, .schema = STRING(INVITATION_STATUS),
     .summary = "Where it stands"},
};

static const cvk_field get_session_list_params[] = {
    {.name = "client_id", IN_QUERY, .schema = STRING(), .summary = "Client, client_..."},
    {.name = "user_id", IN_QUERY, .schema = STRING(), .summary = "User, user_..."},
    {.name = "status", IN_QUERY, .schema = STRING(WORDS("abandoned", "active", "ended", "expired", "removed", "replaced", "revoked")),
     .summary = "Where it stands"},
    {.name = "paginated", IN_QUERY, .schema = BOOLEAN(),
     .summary = "Answer with data and total_count instead of an array"},
    PAGE_PARAMS,
};

static const cvk_field create_session_params[] = {
    {.name = "user_id", REQUIRED, .schema = STRING(), .summary = "User, user_..."},
    {.name = "active_organization_id", .schema = STRING(),
     .summary = "Organization of the session"},
};

static const cvk_field get_session_params[] = {SESSION_ID};

static const cvk_field revoke_session_params[] = {SESSION_ID};

static const cvk_field refresh_session_params[] = {
    SESSION_ID,
    {.name = "suffixed_cookies", IN_QUERY, .schema = BOOLEAN(), .summary = "Sent by js only"},
    {.name = "expired_token", REQUIRED, .schema = STRING(),
     .summary = "Session token that has run out"},
    {.name = "refresh_token", REQUIRED, .schema = STRING(),
     .summary = "Refresh token of the session"},
    {.name = "request_origin", REQUIRED, .schema = STRING(), .summary = "Origin of the request"},
    {.name = "request_headers", .schema = FREE_OBJECT(NULLABLE),
     .summary = "Headers of the request"},
    {.name = "format", .schema = STRING(NULLABLE, WORDS("token", "cookie")),
     .fallback = "\"token\"", .summary = "Token or cookies"},
    {.name = "request_originating_ip", .schema = STRING(NULLABLE),
     .summary = "Address of who asked"},
};

static const cvk_field create_session_token_params[] = {SESSION_ID, EXPIRES_IN_SECONDS};

static const cvk_field create_session_token_from_template_params[] = {
    SESSION_ID,
    {.name = "template_name", IN_PATH, .schema = STRING(), .summary = "Name of the JWT template"},
    EXPIRES_IN_SECONDS,
};

static const cvk_field verify_session_params[] = {
    SESSION_ID,
    {.name = "token", .schema = STRING(), .summary = "Token to verify"},
};

static const cvk_field list_waitlist_entries_params[] = {
    PAGE_PARAMS,
    {.name = "query", IN_QUERY, .schema = STRING(), .summary = "Match on address or id"},
    {.name = "status", IN_QUERY, .schema = STRING(WORDS("pending", "invited", "completed", "rejected")),
     .summary = "Where it stands"},
    {.name = "order_by", IN_QUERY, .schema = STRING(), .fallback = "\"-created_at\"",
     .summary = "What to sort by, after + or -"},
};

static const cvk_field create_waitlist_entry_params[] = {
    {.name = "email_address", REQUIRED, .schema = STRING(), .summary = "Whose address"},
    {.name = "notify", .schema = BOOLEAN(NULLABLE), .fallback = "true",
     .summary = "Whether to send the e-mail"},
};

static const cvk_field create_bulk_waitlist_entries_params[] = {
    {.name = "body", REQUIRED, .schema = ARRAY(MODEL(waitlist_row), FROM_TO(1, 50)),
     .summary = "The rows, of which each becomes one"},
};

static const cvk_field delete_waitlist_entry_params[] = {ENTRY_ID};

static const cvk_field invite_waitlist_entry_params[] = {
    ENTRY_ID,
    {.name = "ignore_existing", .schema = BOOLEAN(NULLABLE), .fallback = "false",
     .summary = "Also if the address is invited already or has a user"},
};

static const cvk_field reject_waitlist_entry_params[] = {ENTRY_ID};

/* ---- operations ---------------------------------------------------------------------------- */

static const cvk_limit bulk_limits[] = {{.count = 25, .seconds = 3600}};
static const cvk_limit organization_limits[] = {{.count = 250, .seconds = 3600}};
static const cvk_limit organization_bulk_limits[] = {{.count = 50, .seconds = 3600}};

#define OK_OR(...) .success = STATUSES(200), .errors = STATUSES(__VA_ARGS__)

const cvk_operation cvk_clerk_more[cvk_clerk_more_count] = {
    {
        .id = "CreateBulkInvitations",
        .resource = "invitations",
        .verb = "create_bulk",
        .summary = "Create up to 10 invitations in one request",
        .method = CVK_POST,
        .path = "/invitations/bulk",
        PARAMS(create_bulk_invitations_params),
        .has_body = true,
        .whole_body = true,
        LIMITS(bulk_limits),
        OK_OR(400, 401, 422, 429, 500),
        .answer = ARRAY(MODEL(cvk_clerk_invitation)),
    },
    {
        .id = "CreateOrganizationInvitation",
        .resource = "organization_invitations",
        .verb = "create",
        .summary = "Invite an address into an organization",
        .method = CVK_POST,
        .path = "/organizations/{organization_id}/invitations",
        PARAMS(create_organization_invitation_params),
        .has_body = true,
        LIMITS(organization_limits),
        OK_OR(400, 401, 402, 403, 404, 422, 429, 500),
        .answer = MODEL(organization_invitation),
    },
    {
        .id = "ListOrganizationInvitations",
        .resource = "organization_invitations",
        .verb = "list",
        .summary = "List the invitations of an organization",
        .method = CVK_GET,
        .path = "/organizations/{organization_id}/invitations",
        PARAMS(list_organization_invitations_params),
        READS_ONLY,
        .paging = CVK_PAGES_BY_OFFSET,
        .item_id = "id",
        OK_OR(400, 401, 404, 422, 429, 500),
        .answer = MODEL(organization_invitations),
    },
    {
        .id = "CreateOrganizationInvitationBulk",
        .resource = "organization_invitations",
        .verb = "create_bulk",
        .summary = "Invite up to 10 addresses into an organization in one request",
        .method = CVK_POST,
        .path = "/organizations/{organization_id}/invitations/bulk",
        PARAMS(create_organization_invitation_bulk_params),
        .has_body = true,
        .whole_body = true,
        LIMITS(organization_bulk_limits),
        OK_OR(400, 401, 403, 404, 422, 429, 500),
        .answer = MODEL(organization_invitations),
    },
    {
        .id = "ListPendingOrganizationInvitations",
        .resource = "organization_invitations",
        .verb = "list_pending",
        .summary = "List pending invitations of an organization (deprecated)",
        .method = CVK_GET,
        .path = "/organizations/{organization_id}/invitations/pending",
        PARAMS(list_pending_organization_invitations_params),
        READS_ONLY,
        .paging = CVK_PAGES_BY_OFFSET,
        .item_id = "id",
        OK_OR(400, 401, 404, 429, 500),
        .answer = MODEL(organization_invitations),
    },
    {
        .id = "GetOrganizationInvitation",
        .resource = "organization_invitations",
        .verb = "get",
        .summary = "Read an invitation of an organization",
        .method = CVK_GET,
        .path = "/organizations/{organization_id}/invitations/{invitation_id}",
        PARAMS(get_organization_invitation_params),
        READS_ONLY,
        OK_OR(400, 401, 403, 404, 429, 500),
        .answer = MODEL(organization_invitation),
    },
    {
        .id = "RevokeOrganizationInvitation",
        .resource = "organization_invitations",
        .verb = "revoke",
        .summary = "Make a pending invitation of an organization unusable",
        .method = CVK_POST,
        .path = "/organizations/{organization_id}/invitations/{invitation_id}/revoke",
        PARAMS(revoke_organization_invitation_params),
        .has_body = true,
        .idempotent = true, /* a second call is refused: organization_invitation_not_pending */
        OK_OR(400, 401, 403, 404, 429, 500),
        .answer = MODEL(organization_invitation),
    },
    {
        .id = "ListInstanceOrganizationInvitations",
        .resource = "organization_invitations",
        .verb = "list_all",
        .summary = "List the invitations of all organizations",
        .method = CVK_GET,
        .path = "/organization_invitations",
        PARAMS(list_instance_organization_invitations_params),
        READS_ONLY,
        .paging = CVK_PAGES_BY_OFFSET,
        .item_id = "id",
        OK_OR(400, 401, 404, 422, 429, 500),
        .answer = MODEL(invitations_of_organizations),
    },
    {
        .id = "UsersGetOrganizationInvitations",
        .resource = "organization_invitations",
        .verb = "list_of_user",
        .summary = "List the organization invitations of a user",
        .method = CVK_GET,
        .path = "/users/{user_id}/organization_invitations",
        PARAMS(users_get_organization_invitations_params),
        READS_ONLY,
        .paging = CVK_PAGES_BY_OFFSET,
        .item_id = "id",
        OK_OR(400, 401, 403, 404, 429, 500),
        .answer = MODEL(invitations_of_organizations),
    },
    {
        .id = "GetSessionList",
        .resource = "sessions",
        .verb = "list",
        .summary = "List the sessions of a user or a client",
        .method = CVK_GET,
        .path = "/sessions",
        PARAMS(get_session_list_params),
        READS_ONLY,
        .paging = CVK_PAGES_BY_OFFSET,
        .item_id = "id",
        OK_OR(400, 401, 422, 429, 500),
        .answer = EITHER(MODEL(session), paginated_sessions),
    },
    {
        .id = "createSession",
        .resource = "sessions",
        .verb = "create",
        .summary = "Create a session, on development instances only",
        .method = CVK_POST,
        .path = "/sessions",
        PARAMS(create_session_params),
        .has_body = true,
        OK_OR(400, 401, 404, 422, 429, 500),
        .answer = MODEL(session),
    },
    {
        .id = "GetSession",
        .resource = "sessions",
        .verb = "get",
        .summary = "Read a session",
        .method = CVK_GET,
        .path = "/sessions/{session_id}",
        PARAMS(get_session_params),
        READS_ONLY,
        OK_OR(400, 401, 404, 429, 500),
        .answer = MODEL(session),
    },
    {
        .id = "RevokeSession",
        .resource = "sessions",
        .verb = "revoke",
        .summary = "Sign a session out",
        .method = CVK_POST,
        .path = "/sessions/{session_id}/revoke",
        PARAMS(revoke_session_params),
        .idempotent = true,
        OK_OR(400, 401, 404, 429, 500),
        .answer = MODEL(session),
    },
    {
        .id = "RefreshSession",
        .resource = "sessions",
        .verb = "refresh",
        .summary = "Exchange a refresh token for a session token; for SDKs",
        .method = CVK_POST,
        .path = "/sessions/{session_id}/refresh",
        PARAMS(refresh_session_params),
        .has_body = true,
        OK_OR(400, 401, 429, 500),
        .answer = MODEL(session_refresh),
    },
    {
        .id = "CreateSessionToken",
        .resource = "sessions",
        .verb = "create_token",
        .summary = "Make a token of a session",
        .method = CVK_POST,
        .path = "/sessions/{session_id}/tokens",
        PARAMS(create_session_token_params),
        .has_body = true,
        .idempotent = true, /* another token harms nobody */
        OK_OR(401, 404, 429, 500),
        .answer = MODEL(session_token),
    },
    {
        .id = "CreateSessionTokenFromTemplate",
        .resource = "sessions",
        .verb = "create_token_from_template",
        .summary = "Make a token of a session by a template",
        .method = CVK_POST,
        .path = "/sessions/{session_id}/tokens/{template_name}",
        PARAMS(create_session_token_from_template_params),
        .has_body = true,
        .idempotent = true,
        OK_OR(401, 404, 429, 500),
        .answer = MODEL(session_token),
    },
    {
        .id = "VerifySession",
        .resource = "sessions",
        .verb = "verify",
        .summary = "Verify a token of a session; gone since version 2025-04-10",
        .method = CVK_POST,
        .path = "/sessions/{session_id}/verify",
        PARAMS(verify_session_params),
        .has_body = true,
        .idempotent = true,
        OK_OR(400, 401, 404, 410, 429, 500),
        .answer = MODEL(session),
    },
    {
        .id = "ListWaitlistEntries",
        .resource = "waitlist_entries",
        .verb = "list",
        .summary = "List waitlist entries",
        .method = CVK_GET,
        .path = "/waitlist_entries",
        PARAMS(list_waitlist_entries_params),
        READS_ONLY,
        .paging = CVK_PAGES_BY_OFFSET,
        .item_id = "id",
        OK_OR(400, 401, 429, 500),
        .answer = MODEL(waitlist_entries),
    },
    {
        .id = "CreateWaitlistEntry",
        .resource = "waitlist_entries",
        .verb = "create",
        .summary = "Put an address on the waitlist; one that is there comes back",
        .method = CVK_POST,
        .path = "/waitlist_entries",
        PARAMS(create_waitlist_entry_params),
        .has_body = true,
        OK_OR(400, 401, 422, 429, 500),
        .answer = MODEL(waitlist_entry),
    },
    {
        .id = "CreateBulkWaitlistEntries",
        .resource = "waitlist_entries",
        .verb = "create_bulk",
        .summary = "Put up to 50 addresses on the waitlist in one request",
        .method = CVK_POST,
        .path = "/waitlist_entries/bulk",
        PARAMS(create_bulk_waitlist_entries_params),
        .has_body = true,
        .whole_body = true,
        OK_OR(400, 401, 422, 429, 500),
        .answer = ARRAY(MODEL(waitlist_entry)),
    },
    {
        .id = "DeleteWaitlistEntry",
        .resource = "waitlist_entries",
        .verb = "delete",
        .summary = "Delete a pending waitlist entry",
        .method = CVK_DELETE,
        .path = "/waitlist_entries/{waitlist_entry_id}",
        PARAMS(delete_waitlist_entry_params),
        .idempotent = true, /* a second call is refused: 404 */
        OK_OR(400, 401, 404, 409, 422, 429, 500),
        .answer = MODEL(deleted_object),
    },
    {
        .id = "InviteWaitlistEntry",
        .resource = "waitlist_entries",
        .verb = "invite",
        .summary = "Send an invitation to an entry of the waitlist",
        .method = CVK_POST,
        .path = "/waitlist_entries/{waitlist_entry_id}/invite",
        PARAMS(invite_waitlist_entry_params),
        .has_body = true,
        OK_OR(400, 401, 404, 409, 422, 429, 500),
        .answer = MODEL(waitlist_entry),
    },
    {
        .id = "RejectWaitlistEntry",
        .resource = "waitlist_entries",
        .verb = "reject",
        .summary = "Reject an entry of the waitlist",
        .method = CVK_POST,
        .path = "/waitlist_entries/{waitlist_entry_id}/reject",
        PARAMS(reject_waitlist_entry_params),
        .idempotent = true, /* a second call is refused: waitlist_entry_already_rejected */
        OK_OR(400, 401, 404, 409, 422, 429, 500),
        .answer = MODEL(waitlist_entry),
    },
};
