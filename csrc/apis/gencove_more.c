/* Gencove: the organization, its users and their roles, accounts and logins. */
#include "apis/gencove_more.h"

#include "apis/facts.h"
#include "apis/gencove_shared.h"

/* ---- models -------------------------------------------------------------------------------- */

static const cvk_field user_role_fields[] = {
    {.name = "id", REQUIRED, .schema = STRING(.format = "uuid"),
     .summary = "Id of the assignment, not of the name"},
    {.name = "name", REQUIRED, .schema = STRING(), .summary = "Which role, such as owner"},
};
static const cvk_model user_role = {.name = "UserRole", FIELDS(user_role_fields)};

#define ROLES \
    {.name = "roles", REQUIRED, .schema = MAP(MODEL(user_role)), \
     .summary = "Roles by what they apply to, such as organization"}

static const cvk_field organization_fields[] = {
    {.name = "id", REQUIRED, .schema = STRING(.format = "uuid"), .summary = "Organization id"},
    {.name = "name", REQUIRED, .schema = STRING(.max_length = 254), .summary = "Its name"},
    {.name = "expire_uploads_period_days", REQUIRED, .schema = INTEGER(NULLABLE),
     .summary = "Days after which uploads expire"},
    {.name = "archive_period_days", REQUIRED, .schema = INTEGER(NULLABLE),
     .summary = "Days after which samples are archived"},
    {.name = "archive_restore_period_days", REQUIRED, .schema = INTEGER(NULLABLE),
     .summary = "Days for which restored samples stay"},
    ROLES,
    {.name = "uploads_enabled", REQUIRED, .schema = BOOLEAN(), .summary = "May upload"},
    {.name = "delete_samples_enabled", REQUIRED, .schema = BOOLEAN(),
     .summary = "May delete samples"},
    {.name = "project_sharing_enabled", REQUIRED, .schema = BOOLEAN(),
     .summary = "May share projects"},
    {.name = "account_on_hold", REQUIRED, .schema = BOOLEAN(), .summary = "Is on hold"},
    {.name = "organization_type",
     .schema = STRING(WORDS("enterprise", "consumer", "consumer_provider")),
     .summary = "What kind it is; absent in recorded answers"},
};
static const cvk_model organization = {.name = "Organization", FIELDS(organization_fields)};

static const cvk_field organization_user_fields[] = {
    {.name = "id", REQUIRED, .schema = STRING(.format = "uuid"), .summary = "User id"},
    {.name = "email", REQUIRED, .schema = STRING(.format = "email"), .summary = "Address"},
    {.name = "is_active", .schema = BOOLEAN(), .summary = "May log in"},
    {.name = "has_mfa_device", REQUIRED, .schema = BOOLEAN(), .summary = "Has a second factor"},
    {.name = "name", .schema = STRING(.max_length = 254), .summary = "Name"},
    ROLES,
    {.name = "is_support", REQUIRED, .schema = BOOLEAN(), .summary = "Is the vendor's support"},
};
static const cvk_model organization_user = {.name = "OrganizationUser",
                                            FIELDS(organization_user_fields)};

static const cvk_field organization_users_fields[] = {
    {.name = "meta", .schema = MODEL(cvk_gencove_page_meta), .summary = "Where this page lies"},
    {.name = "results", REQUIRED, .schema = ARRAY(MODEL(organization_user)),
     .summary = "One page"},
};
static const cvk_model organization_users = {.name = "OrganizationUserPage",
                                             FIELDS(organization_users_fields)};

static const cvk_field role_fields[] = {
    {.name = "name", REQUIRED, .schema = STRING(), .summary = "What an invitation's role may be"},
    {.name = "permissions", REQUIRED, .schema = ARRAY(ANYTHING), .summary = "What it allows"},
};
static const cvk_model role = {.name = "Role", FIELDS(role_fields)};

static const cvk_field roles_fields[] = {
    {.name = "meta", .schema = MODEL(cvk_gencove_page_meta), .summary = "Where this page lies"},
    {.name = "results", REQUIRED, .schema = ARRAY(MODEL(role)), .summary = "One page"},
};
static const cvk_model roles = {.name = "RolePage", FIELDS(roles_fields)};

static const cvk_field user_fields[] = {
    {.name = "id", REQUIRED, .schema = STRING(.format = "uuid"), .summary = "User id"},
    {.name = "email", REQUIRED, .schema = STRING(.format = "email"), .summary = "Address"},
    {.name = "name", .schema = STRING(.max_length = 254), .summary = "Name"},
    {.name = "uploads_enabled", REQUIRED, .schema = BOOLEAN(), .summary = "May upload"},
    {.name = "explorer_enabled", REQUIRED, .schema = BOOLEAN(), .summary = "May use Explorer"},
    {.name = "created", REQUIRED, .schema = STRING(.format = "date-time"), .summary = "Since when"},
    {.name = "is_support", REQUIRED, .schema = BOOLEAN(), .summary = "Is the vendor's support"},
};
static const cvk_model user = {.name = "User", FIELDS(user_fields)};

#define ABOUT_NEW_USER \
    {.name = "name", .schema = STRING(.max_length = 254), .summary = "Name"}, \
        {.name = "invitation_token", .schema = STRING(.max_length = 32), \
         .summary = "Token of the invitation that is accepted thereby"}, \
    { \
        .name = "organization_name", .schema = STRING(.max_length = 254), \
        .summary = "Name of an organization of one's own" \
    }

static const cvk_field user_created_fields[] = {
    {.name = "id", REQUIRED, .schema = STRING(.format = "uuid"), .summary = "User id"},
    {.name = "email", REQUIRED, .schema = STRING(.format = "email", .max_length = 254),
     .summary = "Address"},
    ABOUT_NEW_USER,
};
static const cvk_model user_created = {.name = "UserCreated", FIELDS(user_created_fields)};

#define ACTIVATION \
    {.name = "uid", REQUIRED, .schema = STRING(), .summary = "User, as the mail has it"}, \
    { \
        .name = "token", REQUIRED, .schema = STRING(), .summary = "Token from the mail" \
    }

static const cvk_field activation_fields[] = {ACTIVATION};
static const cvk_model activation = {.name = "UserActivation", FIELDS(activation_fields)};

#define REFRESH \
    {.name = "refresh", REQUIRED, .schema = STRING(), .summary = "Refresh token"}
#define ACCESS \
    {.name = "access", REQUIRED, .schema = STRING(), .summary = "Access token, the option jwt"}

static const cvk_field token_pair_fields[] = {REFRESH, ACCESS};
static const cvk_model token_pair = {.name = "TokenPair", FIELDS(token_pair_fields)};

static const cvk_field access_token_fields[] = {ACCESS};
static const cvk_model access_token = {.name = "AccessToken", FIELDS(access_token_fields)};

static const cvk_field verified_token_fields[] = {
    {.name = "token", .schema = STRING(), .summary = "Not shown so far"},
};
static const cvk_model verified_token = {.name = "VerifiedToken", FIELDS(verified_token_fields)};

static const cvk_field ended_token_fields[] = {
    {.name = "refresh", .schema = STRING(), .summary = "The token that has ended"},
};
static const cvk_model ended_token = {.name = "EndedToken", FIELDS(ended_token_fields)};

/* ---- parameters ---------------------------------------------------------------------------- */

#define PAGE_SIZE \
    {.name = "limit", IN_QUERY, .schema = INTEGER(AT_LEAST(1)), .summary = "Page size"}
#define PAGE_START \
    {.name = "offset", IN_QUERY, .schema = INTEGER(AT_LEAST(0)), .summary = "Results to skip"}

static const cvk_field users_list_params[] = {
    PAGE_SIZE,
    PAGE_START,
    {.name = "search", IN_QUERY, .schema = STRING(), .summary = "Part of a name, address or id"},
};

static const cvk_field users_create_params[] = {
    {.name = "user", REQUIRED, .schema = STRING(.format = "uuid"), .summary = "User id"},
    {.name = "role", REQUIRED, .schema = STRING(.min_length = 1, .max_length = 255),
     .summary = "Name of a role"},
};

static const cvk_field users_update_params[] = {
    {.name = "user_id", IN_PATH, .schema = STRING(.format = "uuid"), .summary = "User id"},
    {.name = "is_active", .schema = BOOLEAN(), .summary = "False takes the user out"},
    {.name = "name", .schema = STRING(.max_length = 254), .summary = "Name"},
};

static const cvk_field role_params[] = {
    {.name = "role_id", IN_PATH, .schema = STRING(.format = "uuid"),
     .summary = "Id of the assignment"},
};

static const cvk_field roles_params[] = {
    {.name = "applies_to", IN_PATH, .schema = STRING(WORDS("organization", "project")),
     .summary = "What the roles are for"},
    PAGE_SIZE,
    PAGE_START,
};

static const cvk_field register_params[] = {
    {.name = "email", REQUIRED, .schema = STRING(.format = "email", .max_length = 254),
     .summary = "Address"},
    {.name = "password", REQUIRED, .schema = STRING(), .summary = "Password"},
    ABOUT_NEW_USER,
};

static const cvk_field activate_params[] = {ACTIVATION};

static const cvk_field login_params[] = {
    {.name = "email", REQUIRED, .schema = STRING(), .summary = "Address"},
    {.name = "password", REQUIRED, .schema = STRING(), .summary = "Password"},
    {.name = "otp_token", .schema = STRING(), .summary = "Digits of the second factor"},
    {.name = "backup_token", .schema = STRING(), .summary = "A spare in its place"},
};

static const cvk_field refresh_params[] = {REFRESH};

static const cvk_field verify_params[] = {
    {.name = "token", REQUIRED, .schema = STRING(), .summary = "Access or refresh token"},
};

/* ---- operations ---------------------------------------------------------------------------- */

const cvk_operation cvk_gencove_more[cvk_gencove_more_count] = {
    {
        .id = "organization_retrieve",
        .resource = "organization",
        .verb = "get",
        .summary = "Read the caller's organization",
        .method = CVK_GET,
        .path = "/organization/",
        READS_ONLY,
        .success = STATUSES(200),
        .errors = STATUSES(401, 403, 429, 503),
        .answer = MODEL(organization),
    },
    {
        .id = "organization_users_list",
        .resource = "organization_users",
        .verb = "list",
        .summary = "List the users of the organization",
        .method = CVK_GET,
        .path = "/organization-users/",
        PARAMS(users_list_params),
        READS_ONLY,
        .paging = CVK_PAGES_BY_NEXT_OFFSET,
        .item_id = "id",
        .success = STATUSES(200),
        .errors = STATUSES(400, 401, 403, 429, 503),
        .answer = MODEL(organization_users),
    },
    {
        .id = "organization_users_create",
        .resource = "organization_users",
        .verb = "create",
        .summary = "Give a user that exists a role in the organization",
        .method = CVK_POST,
        .path = "/organization-users/",
        PARAMS(users_create_params),
        .has_body = true,
        .success = STATUSES(201),
        .errors = STATUSES(400, 401, 403, 404, 429, 503),
        .answer = MODEL(user_role),
    },
    {
        .id = "organization_users_partial_update",
        .resource = "organization_users",
        .verb = "update",
        .summary = "Rename a user of the organization, or take one out",
        .method = CVK_PATCH,
        .path = "/organization-users/{user_id}",
        PARAMS(users_update_params),
        .has_body = true,
        .idempotent = true,
        .success = STATUSES(200),
        .errors = STATUSES(400, 401, 403, 404, 429, 503),
        .answer = MODEL(organization_user),
    },
    {
        .id = "organization_roles_retrieve",
        .resource = "organization_roles",
        .verb = "get",
        .summary = "Read a role that a user has",
        .method = CVK_GET,
        .path = "/organization-roles/{role_id}",
        PARAMS(role_params),
        READS_ONLY,
        .success = STATUSES(200),
        .errors = STATUSES(401, 403, 404, 429, 503),
        .answer = MODEL(user_role),
    },
    {
        .id = "roles_list",
        .resource = "roles",
        .verb = "list",
        .summary = "List the names that a role may have",
        .method = CVK_GET,
        .path = "/roles/{applies_to}",
        PARAMS(roles_params),
        READS_ONLY,
        .paging = CVK_PAGES_BY_NEXT_OFFSET,
        .item_id = "name",
        .success = STATUSES(200),
        .errors = STATUSES(401, 403, 404, 429, 503),
        .answer = MODEL(roles),
    },
    {
        .id = "user_retrieve",
        .resource = "user",
        .verb = "get",
        .summary = "Read the user that the credential is of",
        .method = CVK_GET,
        .path = "/user/",
        READS_ONLY,
        .success = STATUSES(200),
        .errors = STATUSES(401, 403, 429, 503),
        .answer = MODEL(user),
    },
    {
        .id = "user_register_create",
        .resource = "user",
        .verb = "register",
        .summary = "Register a user, by an invitation too; a mail asks to activate it",
        .method = CVK_POST,
        .path = "/user-register/",
        PARAMS(register_params),
        .has_body = true,
        .success = STATUSES(201),
        .errors = STATUSES(400, 429, 503),
        .answer = MODEL(user_created),
    },
    {
        .id = "user_activate_create",
        .resource = "user",
        .verb = "activate",
        .summary = "Activate a registered user with what the mail says",
        .method = CVK_POST,
        .path = "/user-activate/",
        PARAMS(activate_params),
        .has_body = true,
        .idempotent = true, /* a second call is refused */
        .success = STATUSES(200),
        .errors = STATUSES(400, 403, 429, 503),
        .answer = MODEL(activation),
    },
    {
        .id = "jwt_create_create",
        .resource = "jwt",
        .verb = "create",
        .summary = "Log in: an access token and a refresh token",
        .method = CVK_POST,
        .path = "/jwt-create/",
        PARAMS(login_params),
        .has_body = true,
        .no_credential = true,
        .idempotent = true, /* a second call gives another pair, which does no harm */
        .success = STATUSES(200),
        .errors = STATUSES(400, 401, 429, 503),
        .answer = MODEL(token_pair),
    },
    {
        .id = "jwt_refresh_create",
        .resource = "jwt",
        .verb = "refresh",
        .summary = "Get a new access token for a refresh token",
        .method = CVK_POST,
        .path = "/jwt-refresh/",
        PARAMS(refresh_params),
        .has_body = true,
        .no_credential = true,
        .idempotent = true, /* a second call gives another token, which does no harm */
        .success = STATUSES(200),
        .errors = STATUSES(400, 401, 429, 503),
        .answer = MODEL(access_token),
    },
    {
        .id = "jwt_verify_create",
        .resource = "jwt",
        .verb = "verify",
        .summary = "Ask whether a token holds; a 401 says no",
        .method = CVK_POST,
        .path = "/jwt-verify/",
        PARAMS(verify_params),
        .has_body = true,
        .no_credential = true,
        READS_ONLY,
        .success = STATUSES(200),
        .errors = STATUSES(400, 401, 429, 503),
        .answer = MODEL(verified_token),
    },
    {
        .id = "jwt_logout_create",
        .resource = "jwt",
        .verb = "logout",
        .summary = "Log out: the refresh token ends",
        .method = CVK_POST,
        .path = "/jwt-logout/",
        PARAMS(refresh_params),
        .has_body = true,
        .idempotent = true, /* a second call is refused: 401 */
        .success = STATUSES(200),
        .errors = STATUSES(400, 401, 429, 503),
        .answer = MODEL(ended_token),
    },
};
