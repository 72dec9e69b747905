/* CVAT server: invitations to an organization. */
#include "apis/facts.h"

#define ROLE WORDS("worker", "supervisor", "maintainer", "owner")

/* ---- models -------------------------------------------------------------------------------- */

static const cvk_field basic_user_fields[] = {
    {.name = "url", .schema = STRING(.format = "uri"), .summary = "Address of the account"},
    {.name = "id", .schema = INTEGER(), .summary = "Account number"},
    {.name = "username", REQUIRED, .schema = STRING(.max_length = 150), .summary = "Login name"},
    {.name = "first_name", .schema = STRING(.max_length = 150), .summary = "First name"},
    {.name = "last_name", .schema = STRING(.max_length = 150), .summary = "Last name"},
};
static const cvk_model basic_user = {.name = "BasicUser", FIELDS(basic_user_fields)};

static const cvk_field basic_organization_fields[] = {
    {.name = "id", .schema = INTEGER(), .summary = "Organization number"},
    {.name = "slug", .schema = STRING(), .summary = "Short name"},
};
static const cvk_model basic_organization = {.name = "BasicOrganization",
                                             FIELDS(basic_organization_fields)};

/* What the server sends for reads and writes alike. */
static const cvk_field invitation_fields[] = {
    {.name = "key", .schema = STRING(), .summary = "64 random letters and digits"},
    {.name = "created_date", .schema = STRING(.format = "date-time"), .summary = "Creation"},
    {.name = "owner", REQUIRED, .schema = MODEL(basic_user, NULLABLE),
     .summary = "Who invites; null once that account is deleted"},
    {.name = "role", REQUIRED, .schema = STRING(ROLE), .summary = "Role in the organization"},
    {.name = "user", REQUIRED, .schema = MODEL(basic_user), .summary = "Who is invited"},
    {.name = "organization", REQUIRED, .schema = INTEGER(), .summary = "Organization number"},
    {.name = "expired", .schema = BOOLEAN(NULLABLE), .summary = "From server version 2.10 on"},
    {.name = "organization_info", .schema = MODEL(basic_organization),
     .summary = "From server version 2.10 on"},
};
static const cvk_model invitation = {.name = "InvitationRead", FIELDS(invitation_fields)};

static const cvk_field invitation_list_fields[] = {
    {.name = "count", .schema = INTEGER(), .summary = "Invitations on all pages"},
    {.name = "next", .schema = STRING(NULLABLE, .format = "uri"), .summary = "The next page"},
    {.name = "previous", .schema = STRING(NULLABLE, .format = "uri"),
     .summary = "The page before"},
    {.name = "results", .schema = ARRAY(MODEL(invitation)), .summary = "One page"},
};
static const cvk_model invitation_list = {.name = "PaginatedInvitationReadList",
                                          FIELDS(invitation_list_fields)};

static const cvk_field accepted_fields[] = {
    {.name = "organization_slug", REQUIRED, .schema = STRING(), .summary = "Where one is now"},
};
static const cvk_model accepted = {.name = "AcceptedInvitation", FIELDS(accepted_fields)};

/* ---- operations ---------------------------------------------------------------------------- */

/* The organization a call acts in; see `organizations` for what goes together. */
#define ORGANIZATION \
    {.name = "X-Organization", IN_HEADER, .schema = STRING(), .summary = "Organization slug"}, \
    {.name = "org", IN_QUERY, .schema = STRING(), \
     .summary = "Organization slug; empty for the personal sandbox"}, \
    {.name = "org_id", IN_QUERY, .schema = INTEGER(), .summary = "Organization number"}

static const cvk_exclusion organizations[] = {
    {.one = "org_id", .other = "org"},
    {.one = "org_id", .other = "X-Organization"},
    {.one = "org", .other = "X-Organization", .equal_is_fine = true},
};

#define KEY {.name = "key", IN_PATH, .schema = STRING(), .summary = "Invitation key"}

static const cvk_field key_params[] = {KEY, ORGANIZATION};

static const cvk_field create_params[] = {
    ORGANIZATION,
    {.name = "role", REQUIRED, .schema = STRING(ROLE), .summary = "Role in the organization"},
    {.name = "email", REQUIRED, .schema = STRING(.format = "email", .min_length = 1),
     .summary = "Address to invite"},
};

static const cvk_field update_params[] = {
    KEY,
    ORGANIZATION,
    {.name = "role", .schema = STRING(ROLE), .summary = "Checked, then ignored by the server"},
    {.name = "email", .schema = STRING(.format = "email", .min_length = 1),
     .summary = "Checked, then ignored by the server"},
};

static const cvk_field list_params[] = {
    ORGANIZATION,
    {.name = "filter", IN_QUERY, .schema = STRING(), .summary = "JSON Logic text over owner"},
    {.name = "page", IN_QUERY, .schema = INTEGER(), .fallback = "1",
     .summary = "Page number from 1"},
    {.name = "page_size", IN_QUERY, .schema = INTEGER(.also = LIST("all")), .fallback = "10",
     .summary = "Results per page, or all"},
    {.name = "search", IN_QUERY, .schema = STRING(), .summary = "Text in the owner's name"},
    {.name = "sort", IN_QUERY, .schema = STRING(), .fallback = "\"-created_date\"",
     .summary = "owner or created_date, after - for descending"},
};

#define CVAT_ERRORS STATUSES(400, 401, 403, 404, 429)

static const cvk_operation operations[] = {
    {
        .id = "invitations_create",
        .resource = "invitations",
        .verb = "create",
        .summary = "Invite the user with that e-mail address to the organization",
        .method = CVK_POST,
        .path = "/api/invitations",
        PARAMS(create_params),
        .has_body = true,
        EXCLUSIONS(organizations),
        .success = STATUSES(201),
        .errors = CVAT_ERRORS,
        .answer = MODEL(invitation),
    },
    {
        .id = "invitations_destroy",
        .resource = "invitations",
        .verb = "delete",
        .summary = "Delete an invitation; the membership stays",
        .method = CVK_DELETE,
        .path = "/api/invitations/{key}",
        PARAMS(key_params),
        .idempotent = true,
        EXCLUSIONS(organizations),
        .success = STATUSES(204),
        .errors = CVAT_ERRORS,
        .answer = NOTHING,
    },
    {
        .id = "invitations_list",
        .resource = "invitations",
        .verb = "list",
        .summary = "List the invitations the caller may see, newest first",
        .method = CVK_GET,
        .path = "/api/invitations",
        PARAMS(list_params),
        READS_ONLY,
        .paging = CVK_PAGES_BY_NEXT_PAGE,
        .item_id = "key",
        EXCLUSIONS(organizations),
        .success = STATUSES(200),
        .errors = CVAT_ERRORS,
        .answer = MODEL(invitation_list),
    },
    {
        .id = "invitations_partial_update",
        .resource = "invitations",
        .verb = "update",
        .summary = "Send an invitation again; the fields are checked and then ignored",
        .method = CVK_PATCH,
        .path = "/api/invitations/{key}",
        PARAMS(update_params),
        .has_body = true,
        EXCLUSIONS(organizations), /* not idempotent: each call sends the invitation once more */
        .success = STATUSES(200),
        .errors = CVAT_ERRORS,
        .answer = MODEL(invitation),
    },
    {
        .id = "invitations_retrieve",
        .resource = "invitations",
        .verb = "get",
        .summary = "Read an invitation",
        .method = CVK_GET,
        .path = "/api/invitations/{key}",
        PARAMS(key_params),
        READS_ONLY,
        EXCLUSIONS(organizations),
        .success = STATUSES(200),
        .errors = CVAT_ERRORS,
        .answer = MODEL(invitation),
    },
    {
        .id = "invitations_accept",
        .resource = "invitations",
        .verb = "accept",
        .summary = "Join the organization, as the invitee; since server version 2.10",
        .method = CVK_POST,
        .path = "/api/invitations/{key}/accept",
        PARAMS(key_params),
        .extra = true,
        .idempotent = true, /* a second call is refused: accepted already */
        EXCLUSIONS(organizations),
        .success = STATUSES(200),
        .errors = STATUSES(400, 401, 403, 404),
        .answer = MODEL(accepted),
    },
    {
        .id = "invitations_decline",
        .resource = "invitations",
        .verb = "decline",
        .summary = "Decline an invitation, as the invitee; since server version 2.10",
        .method = CVK_POST,
        .path = "/api/invitations/{key}/decline",
        PARAMS(key_params),
        .extra = true,
        .idempotent = true, /* a second call is refused: 404 */
        EXCLUSIONS(organizations),
        .success = STATUSES(204),
        .errors = STATUSES(401, 403, 404),
        .answer = NOTHING,
    },
    {
        .id = "invitations_resend",
        .resource = "invitations",
        .verb = "resend",
        .summary = "Send an invitation again and restart its time; since server version 2.8",
        .method = CVK_POST,
        .path = "/api/invitations/{key}/resend",
        PARAMS(key_params),
        .extra = true,
        EXCLUSIONS(organizations), /* not idempotent: each call sends one more e-mail */
        .success = STATUSES(204),
        .errors = STATUSES(400, 401, 403, 404, 429, 500),
        .answer = NOTHING,
    },
};

/* ---- the API ------------------------------------------------------------------------------- */

static const cvk_auth auths[] = {
    {.option = "access_token", .environment = {"CVAT_ACCESS_TOKEN"}, .place = CVK_AUTH_HEADER,
     .name = "Authorization", .prefix = "Bearer ", .renewable = true,
     .summary = "Personal access token (server version 2.48 on)"},
    {.option = "token", .place = CVK_AUTH_HEADER, .name = "Authorization", .prefix = "Token ",
     .renewable = true, .summary = "Key that a login returns"},
    {.option = "username", .partner = "password", .place = CVK_AUTH_BASIC,
     .name = "Authorization", .prefix = "Basic ", .summary = "User name and password"},
    {.option = "session_id", .partner = "csrf_token", .place = CVK_AUTH_COOKIE,
     .name = "sessionid", .renewable = true, .summary = "Browser session and its CSRF token"},
    {.option = "signature", .place = CVK_AUTH_QUERY, .name = "sign", .renewable = true,
     .summary = "Signature of one URL, good for 30 seconds"},
};

static const cvk_client_field client_fields[] = {
    {.option = "org", .param = "org", .schema = STRING(),
     .summary = "Organization slug for every call; empty for the personal sandbox"},
    {.option = "org_id", .param = "org_id", .schema = INTEGER(),
     .summary = "Organization number for every call"},
};

const cvk_api cvk_api_cvat = {
    .name = "cvat",
    .title = "CVAT server",
    /* the server can render this and web pages, and refuses application/json with 406 */
    .accept = "application/vnd.cvat+json",
    .request_id_headers = LIST("X-Request-Id"),
    .not_executed_codes = (const char *const[]){NULL},
    .error_shape = CVK_ERRORS_DJANGO,
    AUTHS(auths),
    CLIENT_FIELDS(client_fields),
    OPERATIONS(operations),
};
