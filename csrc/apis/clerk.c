/* Clerk Backend API: application invitations. */
#include "apis/clerk_invitation.h"
#include "apis/clerk_more.h"
#include "apis/facts.h"

/* ---- models -------------------------------------------------------------------------------- */

static const cvk_field paginated_fields[] = {
    {.name = "data", REQUIRED, .schema = ARRAY(MODEL(cvk_clerk_invitation)), .summary = "One page"},
    {.name = "total_count", REQUIRED, .schema = INTEGER(.format = "int64"),
     .summary = "Invitations on all pages"},
};
static const cvk_model paginated_invitations = {.name = "PaginatedInvitations",
                                                FIELDS(paginated_fields)};

/* ---- operations ---------------------------------------------------------------------------- */

static const cvk_field create_params[] = {
    {.name = "email_address", REQUIRED, .schema = STRING(), .summary = "Address to invite"},
    {.name = "public_metadata", .schema = FREE_OBJECT(),
     .summary = "Public metadata of the user who signs up with the invitation"},
    {.name = "redirect_url", .schema = STRING(), .summary = "Where the invitation link leads"},
    {.name = "notify", .schema = BOOLEAN(NULLABLE), .fallback = "true",
     .summary = "Whether to send the e-mail"},
    {.name = "ignore_existing", .schema = BOOLEAN(NULLABLE), .fallback = "false",
     .summary = "Create even if the address is invited already or has a user"},
    {.name = "expires_in_days", .schema = INTEGER(NULLABLE, AT_LEAST(1), AT_MOST(365)),
     .fallback = "30", .summary = "Validity in days"},
    {.name = "template_slug", .schema = STRING(WORDS("invitation", "waitlist_invitation")),
     .fallback = "\"invitation\"", .summary = "Which e-mail to send"},
};

static const cvk_field list_params[] = {
    {.name = "status", IN_QUERY, .schema = STRING(INVITATION_STATUS),
     .summary = "Only this status; without it all that are not revoked"},
    {.name = "query", IN_QUERY, .schema = STRING(), .summary = "Match on address or id"},
    {.name = "order_by", IN_QUERY, .schema = STRING(), .fallback = "\"-created_at\"",
     .summary = "created_at, email_address or expires_at, after + or -"},
    {.name = "paginated", IN_QUERY, .schema = BOOLEAN(),
     .summary = "Answer with an object that has data and total_count instead of a list"},
    {.name = "limit", IN_QUERY, .schema = INTEGER(AT_LEAST(1), AT_MOST(500)), .fallback = "10",
     .summary = "Page size"},
    {.name = "offset", IN_QUERY, .schema = INTEGER(AT_LEAST(0)), .fallback = "0",
     .summary = "Results to skip"},
};

static const cvk_field revoke_params[] = {
    {.name = "invitation_id", IN_PATH, .schema = STRING(), .summary = "Invitation id"},
};

/* Of an instance. A 429 "blocks that specific endpoint", so others may go on. */
static const cvk_limit create_limits[] = {{.count = 100, .seconds = 3600}};

static const cvk_operation operations[] = {
    {
        .id = "create_invitation",
        .resource = "invitations",
        .verb = "create",
        .summary = "Create an invitation and, unless notify is false, e-mail it",
        .method = CVK_POST,
        .path = "/invitations",
        PARAMS(create_params),
        LIMITS(create_limits),
        .has_body = true,
        .success = STATUSES(200),
        .errors = STATUSES(400, 401, 422, 429, 500),
        .answer = MODEL(cvk_clerk_invitation),
    },
    {
        .id = "list_invitations",
        .resource = "invitations",
        .verb = "list",
        .summary = "List invitations, newest first",
        .method = CVK_GET,
        .path = "/invitations",
        PARAMS(list_params),
        READS_ONLY,
        .paging = CVK_PAGES_BY_OFFSET,
        .item_id = "id",
        .success = STATUSES(200),
        .errors = STATUSES(400, 401, 429, 500),
        .answer = EITHER(MODEL(cvk_clerk_invitation), paginated_invitations),
    },
    {
        .id = "revoke_invitation",
        .resource = "invitations",
        .verb = "revoke",
        .summary = "Make the link of a pending invitation unusable",
        .method = CVK_POST,
        .path = "/invitations/{invitation_id}/revoke",
        PARAMS(revoke_params),
        .idempotent = true, /* a second call is refused: invitation_already_revoked */
        .success = STATUSES(200),
        .errors = STATUSES(400, 401, 404, 429, 500),
        .answer = MODEL(cvk_clerk_invitation),
    },
};

/* ---- the API ------------------------------------------------------------------------------- */

static const cvk_auth auths[] = {
    {.option = "secret_key", .environment = {"CLERK_SECRET_KEY"}, .place = CVK_AUTH_HEADER,
     .name = "Authorization", .prefix = "Bearer ",
     .summary = "Secret key, sk_test_... or sk_live_..."},
};

static const cvk_client_field client_fields[] = {
    {.option = "api_version", .header = "Clerk-API-Version", .fallback = "2026-05-12",
     .schema = STRING(), .summary = "API version, a date; false: none is asked for"},
};

/* Of an instance as well; its secret keys show whether it is for production or for development. */
static const cvk_limit limits[] = {
    {.count = 1000, .seconds = 10, .credential = "sk_live_"},
    {.count = 100, .seconds = 10, .credential = "sk_test_"},
};

const cvk_api cvk_api_clerk = {
    .name = "clerk",
    .title = "Clerk Backend API",
    .url = "https://api.clerk.com/v1",
    .url_environment = "CLERK_API_URL",
    .url_suffix = "/v1",
    .accept = "application/json",
    .request_id_headers = LIST("Clerk-Trace-Id", "cf-ray"),
    /* service_unavailable does not say whether the call was executed */
    .not_executed_codes = (const char *const[]){NULL},
    .error_shape = CVK_ERRORS_CLERK,
    LIMITS(limits),
    AUTHS(auths),
    CLIENT_FIELDS(client_fields),
    OPERATIONS(operations),
    MORE(cvk_clerk_more),
};
