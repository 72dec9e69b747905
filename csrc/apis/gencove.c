/* Gencove v2: invitations to an organization. Slashes at the end of a path matter here. */
#include "apis/facts.h"
#include "apis/gencove_more.h"
#include "apis/gencove_shared.h"

/* ---- models -------------------------------------------------------------------------------- */

static const cvk_field invitation_actor_fields[] = {
    {.name = "id", .schema = STRING(.format = "uuid"), .summary = "Account id"},
    {.name = "name", .schema = STRING(.max_length = 254), .summary = "Name"},
};
static const cvk_model invitation_actor = {.name = "InvitationActor",
                                           FIELDS(invitation_actor_fields)};

static const cvk_field invitation_status_fields[] = {
    {.name = "id", .schema = STRING(.format = "uuid"), .summary = "Id of this status entry"},
    {.name = "status", REQUIRED, .schema = STRING(.min_length = 1),
     .summary = "An open set: pending, accepted, expired, revoked, ..."},
    {.name = "created", .schema = STRING(.format = "date-time"), .summary = "Since when"},
    {.name = "actor", .schema = MODEL(invitation_actor), .summary = "Who caused it"},
};
static const cvk_model invitation_status = {.name = "InvitationStatus",
                                            FIELDS(invitation_status_fields)};

static const cvk_field invitation_fields[] = {
    {.name = "id", .schema = STRING(.format = "uuid"), .summary = "Invitation id"},
    {.name = "email",
     .schema = STRING(NULLABLE, .format = "email", .min_length = 1, .max_length = 254),
     .summary = "Who is invited"},
    {.name = "last_status", .schema = MODEL(invitation_status), .summary = "Where it stands"},
    {.name = "expires", .schema = STRING(.format = "date-time"), .summary = "End of validity"},
    {.name = "role", REQUIRED, .schema = STRING(.min_length = 1, .max_length = 255),
     .summary = "Role in the organization"},
};
static const cvk_model invitation = {.name = "Invitation", FIELDS(invitation_fields)};

static const cvk_field invitation_list_fields[] = {
    {.name = "meta", .schema = MODEL(cvk_gencove_page_meta), .summary = "Where this page lies"},
    {.name = "results", REQUIRED, .schema = ARRAY(MODEL(invitation)), .summary = "One page"},
};
static const cvk_model invitation_list = {.name = "InvitationsList200Response",
                                          FIELDS(invitation_list_fields)};

#define ORGANIZATION_NAME \
    {.name = "name", REQUIRED, .schema = STRING(.min_length = 1, .max_length = 254), \
     .summary = "Name of the organization"}

static const cvk_field organization_fields[] = {
    {.name = "id", .schema = STRING(.format = "uuid"), .summary = "Organization id"},
    ORGANIZATION_NAME,
};
static const cvk_model organization = {.name = "InviteOrganization", FIELDS(organization_fields)};

/* As it may be sent: the id is the server's alone. */
static const cvk_field organization_request_fields[] = {ORGANIZATION_NAME};
static const cvk_model organization_request = {.name = "InviteOrganizationRequest",
                                               FIELDS(organization_request_fields)};

static const cvk_field invitation_details_fields[] = {
    {.name = "token", .schema = STRING(.min_length = 1), .summary = "Token of the link"},
    {.name = "last_status", .schema = MODEL(invitation_status), .summary = "Where it stands"},
    {.name = "expires", .schema = STRING(.format = "date-time"), .summary = "End of validity"},
    {.name = "organization", REQUIRED, .schema = MODEL(organization), .summary = "Who invites"},
    {.name = "role", REQUIRED, .schema = STRING(.min_length = 1, .max_length = 255),
     .summary = "Role in the organization"},
};
static const cvk_model invitation_details = {.name = "InvitationDetails",
                                             FIELDS(invitation_details_fields)};

/* ---- operations ---------------------------------------------------------------------------- */

static const cvk_field create_params[] = {
    {.name = "email", REQUIRED, .schema = STRING(.format = "email", .min_length = 1),
     .summary = "Address to invite"},
    {.name = "role", .schema = STRING(), .fallback = "\"\"",
     .summary = "Role name; empty lets the server choose"},
};

static const cvk_field delete_params[] = {
    {.name = "invitation_id", IN_PATH, .schema = STRING(.format = "uuid"),
     .summary = "Invitation id"},
};

static const cvk_field list_params[] = {
    {.name = "status", IN_QUERY,
     .schema = STRING(WORDS("accepted", "all", "expired", "pending", "revoked")),
     .summary = "Only this status"},
    {.name = "limit", IN_QUERY, .schema = INTEGER(AT_LEAST(1)), .summary = "Page size"},
    {.name = "offset", IN_QUERY, .schema = INTEGER(AT_LEAST(0)), .summary = "Results to skip"},
};

#define TOKEN \
    {.name = "token", IN_PATH, .schema = STRING(), .summary = "Token from the invitation link"}

static const cvk_field token_params[] = {TOKEN};

/* What the server reads from these is not documented, so none is demanded. */
static const cvk_field accept_params[] = {
    TOKEN,
    {.name = "organization", .schema = MODEL(organization_request), .summary = "Who invites"},
    {.name = "role", .schema = STRING(.max_length = 255), .summary = "Role in the organization"},
};

static const cvk_operation operations[] = {
    {
        .id = "invitations_create",
        .resource = "invitations",
        .verb = "create",
        .summary = "Invite an address to the caller's organization",
        .method = CVK_POST,
        .path = "/invitations/",
        PARAMS(create_params),
        .has_body = true,
        .success = STATUSES(201),
        .errors = STATUSES(400, 401, 403, 429, 503),
        .answer = MODEL(invitation),
    },
    {
        .id = "invitations_delete",
        .resource = "invitations",
        .verb = "delete",
        .summary = "Revoke an invitation",
        .method = CVK_DELETE,
        .path = "/invitations/{invitation_id}",
        PARAMS(delete_params),
        .idempotent = true,
        .success = STATUSES(204),
        .errors = STATUSES(401, 403, 404, 429, 503),
        .answer = NOTHING,
    },
    {
        .id = "invitations_list",
        .resource = "invitations",
        .verb = "list",
        .summary = "List the invitations of the caller's organization",
        .method = CVK_GET,
        .path = "/invitations/",
        PARAMS(list_params),
        READS_ONLY,
        .paging = CVK_PAGES_BY_NEXT_OFFSET,
        .item_id = "id",
        .success = STATUSES(200),
        .errors = STATUSES(400, 401, 403, 429, 503),
        .answer = MODEL(invitation_list),
    },
    {
        .id = "invitations_token_read",
        .resource = "invitations",
        .verb = "read_token",
        .summary = "Read an invitation by its token; needs no account",
        .method = CVK_GET,
        .path = "/invitations-token/{token}",
        PARAMS(token_params),
        READS_ONLY,
        .success = STATUSES(200),
        .errors = STATUSES(401, 403, 404, 429, 503),
        .answer = MODEL(invitation_details),
    },
    {
        .id = "invitations_token_update",
        .resource = "invitations",
        .verb = "accept",
        .summary = "Accept an invitation as the invited user",
        .method = CVK_PATCH,
        .path = "/invitations-token/{token}",
        PARAMS(accept_params),
        .has_body = true,
        /* Not idempotent: what accepting twice does is not documented. read_token tells whether the
         * first call went through, so nothing needs to be repeated blindly. */
        .success = STATUSES(200),
        .errors = STATUSES(400, 401, 403, 404, 429, 503),
        .answer = MODEL(invitation_details),
    },
};

/* ---- the API ------------------------------------------------------------------------------- */

static const cvk_auth auths[] = {
    {.option = "api_key", .environment = {"GENCOVE_API_KEY"}, .place = CVK_AUTH_HEADER,
     .name = "Authorization", .prefix = "Api-Key ", .summary = "API key"},
    {.option = "jwt", .place = CVK_AUTH_HEADER, .name = "Authorization", .prefix = "Bearer ",
     .renewable = true, .summary = "Access token of a login"},
};

const cvk_api cvk_api_gencove = {
    .name = "gencove",
    .title = "Gencove API v2",
    .url = "https://api.gencove.com/api/v2",
    .url_environment = "GENCOVE_HOST",
    .url_suffix = "/api/v2",
    .accept = "application/json",
    .request_id_headers = LIST("X-Request-Id"),
    .not_executed_codes = LIST("maintenance"),
    .error_shape = CVK_ERRORS_DJANGO,
    .anonymous = true, /* read_token works without credentials */
    AUTHS(auths),
    OPERATIONS(operations),
    MORE(cvk_gencove_more),
};
