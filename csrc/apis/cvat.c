/* CVAT server: invitations to an organization, its members, and the calls around a login. */
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
    {.name = "accepted", .schema = BOOLEAN(), .summary = "From server version 2.65 on"},
};
static const cvk_model invitation = {.name = "InvitationRead", FIELDS(invitation_fields)};

/* What stands around the results of a page. */
#define PAGE_LINKS \
    {.name = "next", .schema = STRING(NULLABLE, .format = "uri"), .summary = "The next page"}, \
    {.name = "previous", .schema = STRING(NULLABLE, .format = "uri"), \
     .summary = "The page before"}

static const cvk_field invitation_list_fields[] = {
    {.name = "count", .schema = INTEGER(), .summary = "Invitations on all pages"},
    PAGE_LINKS,
    {.name = "results", .schema = ARRAY(MODEL(invitation)), .summary = "One page"},
};
static const cvk_model invitation_list = {.name = "PaginatedInvitationReadList",
                                          FIELDS(invitation_list_fields)};

static const cvk_field accepted_fields[] = {
    {.name = "organization_slug", REQUIRED, .schema = STRING(), .summary = "Where one is now"},
};
static const cvk_model accepted = {.name = "AcceptedInvitation", FIELDS(accepted_fields)};

static const cvk_field membership_fields[] = {
    {.name = "id", .schema = INTEGER(), .summary = "Membership number"},
    {.name = "user", REQUIRED, .schema = MODEL(basic_user), .summary = "Who is a member"},
    {.name = "organization", .schema = INTEGER(), .summary = "Organization number"},
    {.name = "is_active", .schema = BOOLEAN(), .summary = "False until the invitee has accepted"},
    {.name = "joined_date", .schema = STRING(NULLABLE, .format = "date-time"),
     .summary = "When that was; null until then"},
    {.name = "role", .schema = STRING(ROLE), .summary = "Role in the organization"},
    {.name = "invitation", REQUIRED, .schema = STRING(NULLABLE),
     .summary = "Key of the invitation; null once that is deleted"},
};
static const cvk_model membership = {.name = "MembershipRead", FIELDS(membership_fields)};

static const cvk_field membership_list_fields[] = {
    {.name = "count", REQUIRED, .schema = INTEGER(), .summary = "Memberships on all pages"},
    PAGE_LINKS,
    {.name = "results", REQUIRED, .schema = ARRAY(MODEL(membership)), .summary = "One page"},
};
static const cvk_model membership_list = {.name = "PaginatedMembershipReadList",
                                          FIELDS(membership_list_fields)};

static const cvk_field organization_fields[] = {
    {.name = "id", .schema = INTEGER(), .summary = "Organization number"},
    {.name = "slug", .schema = STRING(.max_length = 16), .summary = "Short name"},
    {.name = "name", .schema = STRING(.max_length = 64), .summary = "Full name"},
    {.name = "description", .schema = STRING(), .summary = "What it is about"},
    {.name = "created_date", .schema = STRING(.format = "date-time"), .summary = "Creation"},
    {.name = "updated_date", .schema = STRING(.format = "date-time"), .summary = "Last change"},
    {.name = "contact", .schema = FREE_OBJECT(), .summary = "How to reach it"},
    {.name = "owner", .schema = MODEL(basic_user), .summary = "Whose it is"},
};
static const cvk_model organization = {.name = "OrganizationRead", FIELDS(organization_fields)};

static const cvk_field organization_list_fields[] = {
    {.name = "count", REQUIRED, .schema = INTEGER(), .summary = "Organizations on all pages"},
    PAGE_LINKS,
    {.name = "results", REQUIRED, .schema = ARRAY(MODEL(organization)), .summary = "One page"},
};
static const cvk_model organization_list = {.name = "PaginatedOrganizationReadList",
                                            FIELDS(organization_list_fields)};

static const cvk_field token_fields[] = {
    {.name = "key", REQUIRED, .schema = STRING(.max_length = 40),
     .summary = "For the option token; the same one at each login"},
};
static const cvk_model token = {.name = "Token", FIELDS(token_fields)};

static const cvk_field detail_fields[] = {
    {.name = "detail", REQUIRED, .schema = STRING(), .summary = "What was done"},
};
static const cvk_model detail = {.name = "Detail", FIELDS(detail_fields)};

static const cvk_field about_fields[] = {
    {.name = "name", REQUIRED, .schema = STRING(), .summary = "What the server is"},
    {.name = "description", REQUIRED, .schema = STRING(), .summary = "The same at length"},
    {.name = "version", REQUIRED, .schema = STRING(), .summary = "Such as 2.15.0"},
    {.name = "logo_url", .schema = STRING(), .summary = "From server version 2.30 on"},
    {.name = "subtitle", .schema = STRING(), .summary = "From server version 2.30 on"},
};
static const cvk_model about = {.name = "About", FIELDS(about_fields)};

static const cvk_field user_fields[] = {
    {.name = "url", .schema = STRING(.format = "uri"), .summary = "Address of the account"},
    {.name = "id", REQUIRED, .schema = INTEGER(), .summary = "Account number"},
    {.name = "username", REQUIRED, .schema = STRING(), .summary = "Login name"},
    {.name = "first_name", .schema = STRING(), .summary = "First name"},
    {.name = "last_name", .schema = STRING(), .summary = "Last name"},
    {.name = "email", .schema = STRING(), .summary = "E-mail address"},
    {.name = "groups", REQUIRED, .schema = ARRAY(STRING()), .summary = "Such as user or admin"},
    {.name = "is_staff", .schema = BOOLEAN(), .summary = "May use the server's own pages"},
    {.name = "is_superuser", .schema = BOOLEAN(), .summary = "May do anything"},
    {.name = "is_active", .schema = BOOLEAN(), .summary = "May log in"},
    {.name = "last_login", .schema = STRING(NULLABLE, .format = "date-time"),
     .summary = "Last login"},
    {.name = "date_joined", .schema = STRING(.format = "date-time"), .summary = "Creation"},
};
static const cvk_model user = {.name = "MetaUser", FIELDS(user_fields)};

/* ---- operations ---------------------------------------------------------------------------- */

/* The organization a call acts in; see `organizations` for what goes together. */
#define ORGANIZATION \
    {.name = "X-Organization", IN_HEADER, .schema = STRING(), .alias_of = "org", \
     .summary = "Organization slug"}, \
    {.name = "org", IN_QUERY, .schema = STRING(), \
     .summary = "Organization slug; empty for the personal sandbox"}, \
    {.name = "org_id", IN_QUERY, .schema = INTEGER(), .alias_of = "org", \
     .summary = "Organization number"}

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

#define PAGE \
    {.name = "page", IN_QUERY, .schema = INTEGER(), .fallback = "1", \
     .summary = "Page number from 1"}, \
    {.name = "page_size", IN_QUERY, .schema = INTEGER(.also = LIST("all")), .fallback = "10", \
     .summary = "Results per page, or all"}

static const cvk_field list_params[] = {
    ORGANIZATION,
    {.name = "filter", IN_QUERY, .schema = STRING(),
     .summary = "JSON Logic text over owner; since server version 2.10 user_id and accepted, too"},
    PAGE,
    {.name = "search", IN_QUERY, .schema = STRING(), .summary = "Text in the owner's name"},
    {.name = "sort", IN_QUERY, .schema = STRING(), .fallback = "\"-created_date\"",
     .summary = "owner or created_date, after - for descending"},
};

#define MEMBERSHIP \
    {.name = "id", IN_PATH, .schema = INTEGER(), .summary = "Membership number"}

static const cvk_field membership_params[] = {MEMBERSHIP, ORGANIZATION};

static const cvk_field membership_list_params[] = {
    ORGANIZATION,
    {.name = "filter", IN_QUERY, .schema = STRING(),
     .summary = "JSON Logic text over user, role and id"},
    PAGE,
    {.name = "search", IN_QUERY, .schema = STRING(), .summary = "Text in user name or role"},
    {.name = "sort", IN_QUERY, .schema = STRING(), .fallback = "\"-id\"",
     .summary = "user, role or id, after - for descending"},
    {.name = "user", IN_QUERY, .schema = STRING(),
     .summary = "User name; from server version 2.4 on"},
    {.name = "role", IN_QUERY, .schema = STRING(), .summary = "From server version 2.4 on"},
};

static const cvk_field organization_list_params[] = {
    {.name = "filter", IN_QUERY, .schema = STRING(),
     .summary = "JSON Logic text over name, owner, slug and id"},
    PAGE,
    {.name = "search", IN_QUERY, .schema = STRING(), .summary = "Text in name, owner or slug"},
    {.name = "sort", IN_QUERY, .schema = STRING(),
     .summary = "name, owner, slug or id, after - for descending"},
    {.name = "slug", IN_QUERY, .schema = STRING(), .summary = "From server version 2.4 on"},
    {.name = "owner", IN_QUERY, .schema = STRING(),
     .summary = "User name; from server version 2.4 on"},
    {.name = "name", IN_QUERY, .schema = STRING(), .summary = "From server version 2.4 on"},
};

static const cvk_field login_params[] = {
    {.name = "username", .schema = STRING(), .summary = "Login name, or else email"},
    {.name = "email", .schema = STRING(.format = "email"), .summary = "E-mail address"},
    {.name = "password", REQUIRED, .schema = STRING(.min_length = 1), .summary = "Password"},
};

/* Of each user, over all invitations; what is refused counts, too. */
static const cvk_limit resend_limits[] = {{.count = 5, .seconds = 3600}};
/* Of all callers at one address that have no login. */
static const cvk_limit login_limits[] = {{.count = 100, .seconds = 60}};

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
        .summary = "Send an invitation again; fails since server version 2.8, see resend",
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
        LIMITS(resend_limits),
        EXCLUSIONS(organizations), /* not idempotent: each call sends one more e-mail */
        .success = STATUSES(204),
        .errors = STATUSES(400, 401, 403, 404, 429, 500),
        .answer = NOTHING,
    },
    {
        .id = "memberships_list",
        .resource = "memberships",
        .verb = "list",
        .summary = "List the members of an organization, with those yet to accept",
        .method = CVK_GET,
        .path = "/api/memberships",
        PARAMS(membership_list_params),
        .extra = true,
        READS_ONLY,
        .paging = CVK_PAGES_BY_NEXT_PAGE,
        .item_id = "id",
        EXCLUSIONS(organizations),
        .success = STATUSES(200),
        .errors = STATUSES(400, 401, 403, 404),
        .answer = MODEL(membership_list),
    },
    {
        .id = "memberships_retrieve",
        .resource = "memberships",
        .verb = "get",
        .summary = "Read a membership",
        .method = CVK_GET,
        .path = "/api/memberships/{id}",
        PARAMS(membership_params),
        .extra = true,
        READS_ONLY,
        EXCLUSIONS(organizations),
        .success = STATUSES(200),
        .errors = STATUSES(401, 403, 404),
        .answer = MODEL(membership),
    },
    {
        .id = "memberships_destroy",
        .resource = "memberships",
        .verb = "delete",
        .summary = "End a membership and its invitation; the person can be invited again",
        .method = CVK_DELETE,
        .path = "/api/memberships/{id}",
        PARAMS(membership_params),
        .extra = true,
        .idempotent = true, /* a second call is refused: 404 */
        EXCLUSIONS(organizations),
        .success = STATUSES(204),
        .errors = STATUSES(401, 403, 404),
        .answer = NOTHING,
    },
    {
        .id = "organizations_list",
        .resource = "organizations",
        .verb = "list",
        .summary = "List the organizations of the caller",
        .method = CVK_GET,
        .path = "/api/organizations",
        PARAMS(organization_list_params),
        .extra = true,
        READS_ONLY,
        .paging = CVK_PAGES_BY_NEXT_PAGE,
        .item_id = "id",
        .success = STATUSES(200),
        .errors = STATUSES(400, 401, 404),
        .answer = MODEL(organization_list),
    },
    {
        .id = "users_retrieve_self",
        .resource = "users",
        .verb = "self",
        .summary = "Read the caller's own account",
        .method = CVK_GET,
        .path = "/api/users/self",
        .extra = true,
        READS_ONLY,
        .success = STATUSES(200),
        .errors = STATUSES(401),
        .answer = MODEL(user),
    },
    {
        .id = "auth_create_login",
        .resource = "auth",
        .verb = "login",
        .summary = "Get the token of an account",
        .method = CVK_POST,
        .path = "/api/auth/login",
        PARAMS(login_params),
        .has_body = true,
        .extra = true,
        .no_credential = true,
        .idempotent = true, /* the token is the same each time */
        LIMITS(login_limits),
        .success = STATUSES(200),
        .errors = STATUSES(400, 429),
        .answer = MODEL(token),
    },
    {
        .id = "auth_create_logout",
        .resource = "auth",
        .verb = "logout",
        .summary = "End the caller's token, for everyone who uses it",
        .method = CVK_POST,
        .path = "/api/auth/logout",
        .extra = true,
        .idempotent = true, /* a second call is refused: 401 */
        .success = STATUSES(200),
        .errors = STATUSES(401),
        .answer = MODEL(detail),
    },
    {
        .id = "server_retrieve_about",
        .resource = "server",
        .verb = "about",
        .summary = "Read which server it is, and of which version",
        .method = CVK_GET,
        .path = "/api/server/about",
        .extra = true,
        READS_ONLY, /* with the credential: server version 2.2 wants one */
        .success = STATUSES(200),
        .errors = STATUSES(401),
        .answer = MODEL(about),
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
     .summary = "Signature of one URL, made with the server's own key (until version 2.45)"},
};

static const cvk_client_field client_fields[] = {
    {.option = "org", .param = "org", .schema = STRING(),
     .summary = "Organization slug for every call; empty for the personal sandbox"},
    {.option = "org_id", .param = "org_id", .schema = INTEGER(),
     .summary = "Organization number for every call, in place of org"},
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
