/* Edgegap V1: game sessions. The words of `status` and `kind` are open sets. */
#include "apis/edgegap_more.h"
#include "apis/edgegap_shared.h"
#include "apis/facts.h"

/* ---- models of requests -------------------------------------------------------------------- */

static const cvk_field geo_ip_fields[] = {
    {.name = "ip", REQUIRED, .schema = STRING(), .summary = "Address of a user"},
    {.name = "latitude", REQUIRED, .schema = NUMBER(), .summary = "Degrees north"},
    {.name = "longitude", REQUIRED, .schema = NUMBER(), .summary = "Degrees east"},
};
static const cvk_model geo_ip = {.name = "GeoIpListModel", FIELDS(geo_ip_fields)};

static const cvk_field location_fields[] = {
    {.name = "latitude", REQUIRED, .schema = NUMBER(), .summary = "Degrees north"},
    {.name = "longitude", REQUIRED, .schema = NUMBER(), .summary = "Degrees east"},
};
static const cvk_model location = {.name = "LocationModel", FIELDS(location_fields)};

static const cvk_field selector_env_fields[] = {
    {.name = "key", REQUIRED, .schema = STRING(), .summary = "Name of the variable"},
    {.name = "value", REQUIRED, .schema = STRING(), .summary = "Its value"},
};
static const cvk_model selector_env = {.name = "SelectorEnvModel", FIELDS(selector_env_fields)};

/* Comes back in the answer to session_post too. */
static const cvk_field selector_fields[] = {
    {.name = "tag", REQUIRED, .schema = STRING(.min_length = 1, .max_length = 20),
     .summary = "Tag of a deployment"},
    {.name = "tag_only", .schema = BOOLEAN(), .fallback = "false",
     .summary = "Only tag, do not filter"},
    {.name = "env", .schema = MODEL(selector_env), .summary = "Environment variable to set"},
};
static const cvk_model selector = {.name = "SelectorModel", FIELDS(selector_fields)};

#define FILTER_TYPE \
    {.name = "filter_type", REQUIRED, .schema = STRING(WORDS("any", "all", "not")), \
     .summary = "How the values must match"}

static const cvk_field filter_fields[] = {
    {.name = "field", REQUIRED, .schema = STRING(), .summary = "Property of a location"},
    {.name = "values", REQUIRED, .schema = ARRAY(STRING()), .summary = "Values to compare with"},
    FILTER_TYPE,
};
static const cvk_model filter = {.name = "SessionFilterModel", FIELDS(filter_fields)};

static const cvk_field bulk_filter_fields[] = {
    {.name = "field", REQUIRED,
     .schema = STRING(WORDS("session_id", "deployment_tags", "request_id")),
     .summary = "Property of a session"},
    {.name = "values", REQUIRED, .schema = ARRAY(STRING()), .summary = "Values to compare with"},
    FILTER_TYPE,
};
static const cvk_model bulk_filter = {.name = "SessionBulkStopFiltersPayload",
                                      FIELDS(bulk_filter_fields)};

/* ---- models of answers --------------------------------------------------------------------- */

#define SESSION_ID {.name = "session_id", REQUIRED, .schema = STRING(), .summary = "Session id"}
#define CUSTOM_ID \
    {.name = "custom_id", .schema = STRING(NULLABLE), .summary = "A second id of the session"}
#define WEBHOOK_URL \
    {.name = "webhook_url", .schema = STRING(NULLABLE), .summary = "Who is told about changes"}
#define DEPLOYMENT_REQUEST_ID \
    {.name = "deployment_request_id", .schema = STRING(NULLABLE), .summary = "Its deployment"}

/* What a session is doing, in each answer that shows one. */
#define SESSION_STATE \
    {.name = "status", REQUIRED, .schema = STRING(), \
     .summary = "Ready, Error and Unprocessable are final; other words mean still working"}, \
    {.name = "ready", REQUIRED, .schema = BOOLEAN(), .summary = "Whether users may connect"}, \
    {.name = "linked", REQUIRED, .schema = BOOLEAN(), \
     .summary = "Whether it has a deployment"}, \
    {.name = "kind", REQUIRED, .schema = STRING(), .summary = "Seat, Match, Default, ..."}, \
    {.name = "user_count", REQUIRED, .schema = INTEGER(), .summary = "Users in the session"}

static const cvk_field session_request_fields[] = {
    SESSION_ID,
    CUSTOM_ID,
    {.name = "app", REQUIRED, .schema = STRING(), .summary = "Application"},
    {.name = "version", REQUIRED, .schema = STRING(), .summary = "Application version"},
    DEPLOYMENT_REQUEST_ID,
    {.name = "selectors", .schema = ARRAY(MODEL(selector)), .summary = "As asked for"},
    WEBHOOK_URL,
};
static const cvk_model session_request = {.name = "SessionRequest",
                                          FIELDS(session_request_fields)};

static const cvk_field session_user_fields[] = {
    {.name = "ip", REQUIRED, .schema = STRING(), .summary = "Address of the user"},
    {.name = "latitude", .schema = NUMBER(), .summary = "Degrees north"},
    {.name = "longitude", .schema = NUMBER(), .summary = "Degrees east"},
};
static const cvk_model session_user = {.name = "SessionUser", FIELDS(session_user_fields)};

static const cvk_field session_users_fields[] = {
    {.name = "session_users", REQUIRED, .schema = ARRAY(MODEL(session_user)),
     .summary = "Users in the session"},
};
static const cvk_model session_users = {.name = "SessionUserContext",
                                        FIELDS(session_users_fields)};

#define PORT INTEGER(AT_LEAST(1), AT_MOST(65535))

static const cvk_field port_mapping_fields[] = {
    {.name = "external", .schema = PORT, .summary = "Port that clients connect to"},
    {.name = "internal", .schema = PORT, .summary = "Port that the server listens on"},
    {.name = "protocol", .schema = STRING(), .summary = "TCP, UDP, ..."},
    {.name = "name", .schema = STRING(), .summary = "Name of the port"},
    {.name = "tls_upgrade", .schema = BOOLEAN(), .summary = "Whether TLS is added in front"},
    {.name = "link", .schema = STRING(), .summary = "Host and port to connect to"},
    {.name = "proxy", .schema = INTEGER(), .summary = "Port of the proxy"},
};
static const cvk_model port_mapping = {.name = "PortMapping", FIELDS(port_mapping_fields)};

static const cvk_field deployment_fields[] = {
    {.name = "request_id", REQUIRED, .schema = STRING(), .summary = "Deployment id"},
    {.name = "public_ip", REQUIRED, .schema = STRING(), .summary = "Address to connect to"},
    {.name = "status", REQUIRED, .schema = STRING(), .summary = "An open set"},
    {.name = "ready", REQUIRED, .schema = BOOLEAN(), .summary = "Whether it runs"},
    {.name = "whitelisting_active", REQUIRED, .schema = BOOLEAN(),
     .summary = "Whether only listed addresses may connect"},
    {.name = "fqdn", REQUIRED, .schema = STRING(), .summary = "Host name to connect to"},
    {.name = "ports", .schema = MAP(MODEL(port_mapping)), .summary = "Ports by name"},
    {.name = "location", .schema = MODEL(cvk_edgegap_location), .summary = "Where it runs"},
    {.name = "tags", .schema = ARRAY(STRING()), .summary = "Its tags"},
    {.name = "sockets", .schema = INTEGER(), .summary = "Sockets it has"},
    {.name = "sockets_usage", .schema = INTEGER(), .summary = "Sockets in use"},
    {.name = "is_joinable_by_session", .schema = BOOLEAN(),
     .summary = "Whether sessions may be linked to it"},
};
static const cvk_model deployment = {.name = "Deployment", FIELDS(deployment_fields)};

static const cvk_field session_get_fields[] = {
    SESSION_ID,
    CUSTOM_ID,
    SESSION_STATE,
    {.name = "app_version", REQUIRED, .schema = INTEGER(), .summary = "Application version number"},
    {.name = "create_time", REQUIRED, .schema = STRING(),
     .summary = "Date and time with a space between and no zone"},
    {.name = "elapsed", REQUIRED, .schema = INTEGER(), .summary = "Time since creation"},
    {.name = "error", .schema = STRING(NULLABLE), .summary = "What went wrong"},
    {.name = "session_users", .schema = ARRAY(MODEL(session_user)),
     .summary = "Users in the session"},
    {.name = "session_ips", .schema = ARRAY(MODEL(session_user)),
     .summary = "Addresses in the session"},
    {.name = "deployment", .schema = MODEL(deployment), .summary = "Present once linked"},
    WEBHOOK_URL,
};
static const cvk_model session_get = {.name = "SessionGet", FIELDS(session_get_fields)};

static const cvk_field session_delete_fields[] = {
    {.name = "message", REQUIRED, .schema = STRING(), .summary = "Text for a human"},
    SESSION_ID,
    CUSTOM_ID,
};
static const cvk_model session_delete = {.name = "SessionDelete", FIELDS(session_delete_fields)};

static const cvk_field session_context_fields[] = {
    SESSION_ID, CUSTOM_ID, SESSION_STATE, DEPLOYMENT_REQUEST_ID, WEBHOOK_URL,
};
static const cvk_model session_context = {.name = "SessionContext",
                                          FIELDS(session_context_fields)};

static const cvk_field sessions_fields[] = {
    {.name = "data", .schema = ARRAY(MODEL(session_context)), .summary = "One page"},
    {.name = "total_count", .schema = INTEGER(), .summary = "Sessions on all pages"},
    {.name = "pagination", .schema = MODEL(cvk_edgegap_pagination), .summary = "Where this page lies"},
};
static const cvk_model sessions = {.name = "Sessions", FIELDS(sessions_fields)};

static const cvk_field session_stop_fields[] = {SESSION_ID};
static const cvk_model session_stop = {.name = "SessionStopResponse",
                                       FIELDS(session_stop_fields)};

static const cvk_field bulk_stop_fields[] = {
    {.name = "processable", REQUIRED, .schema = ARRAY(MODEL(session_stop)),
     .summary = "Sessions that will be stopped"},
};
static const cvk_model bulk_stop = {.name = "SessionBulkStopResponse", FIELDS(bulk_stop_fields)};

/* ---- parameters ---------------------------------------------------------------------------- */

static const cvk_field create_params[] = {
    {.name = "app_name", REQUIRED, .schema = STRING(), .summary = "Application to run"},
    {.name = "version_name", .schema = STRING(), .summary = "Application version"},
    {.name = "ip_list", .schema = ARRAY(STRING()), .summary = "Addresses of the users"},
    {.name = "geo_ip_list", .schema = ARRAY(MODEL(geo_ip)),
     .summary = "Addresses of the users, with coordinates"},
    {.name = "deployment_request_id", .schema = STRING(), .summary = "Link to this deployment"},
    {.name = "location", .schema = MODEL(location), .summary = "Coordinates to be near to"},
    {.name = "city", .schema = STRING(), .summary = "City to run in"},
    {.name = "country", .schema = STRING(), .summary = "Country to run in"},
    {.name = "continent", .schema = STRING(), .summary = "Continent to run in"},
    {.name = "administrative_division", .schema = STRING(), .summary = "Division to run in"},
    {.name = "region", .schema = STRING(), .summary = "Region to run in"},
    {.name = "selectors", .schema = ARRAY(MODEL(selector)),
     .summary = "Filter deployments and tag them"},
    {.name = "webhook_url", .schema = STRING(),
     .summary = "Told when the session is linked, unprocessable or failed"},
    {.name = "filters", .schema = ARRAY(MODEL(filter)), .summary = "Filter locations"},
    {.name = "skip_telemetry", .schema = BOOLEAN(), .summary = "Decide by geography alone"},
};

#define SESSION_ID_PARAM \
    {.name = "session_id", IN_PATH, .schema = STRING(), \
     .summary = "Session id, such as 950dd2eaff09-S"}

static const cvk_field session_params[] = {SESSION_ID_PARAM};

static const cvk_field users_params[] = {
    SESSION_ID_PARAM,
    {.name = "ip_list", REQUIRED, .schema = ARRAY(STRING()), .summary = "Addresses of the users"},
};

static const cvk_field list_params[] = {
    {.name = "page", IN_QUERY, .schema = INTEGER(AT_LEAST(1)), .fallback = "1",
     .summary = "Page number from 1"},
    {.name = "limit", IN_QUERY, .schema = INTEGER(AT_LEAST(1)), .summary = "Results per page"},
};

static const cvk_field bulk_stop_params[] = {
    {.name = "filters", REQUIRED, .schema = ARRAY(MODEL(bulk_filter)),
     .summary = "Which sessions to stop"},
};

/* ---- operations ---------------------------------------------------------------------------- */

#define EDGEGAP_ERRORS STATUSES(400, 401, 403, 429, 500)

static const cvk_operation operations[] = {
    {
        .id = "delete_users_session",
        .resource = "sessions",
        .verb = "remove_users",
        .summary = "Remove users from a session",
        .method = CVK_DELETE,
        .path = "/v1/session/{session_id}/users",
        PARAMS(users_params),
        .has_body = true, /* a DELETE with a body */
        .idempotent = true,
        .success = STATUSES(200),
        .errors = STATUSES(400, 401, 403, 404, 429, 500),
        .answer = MODEL(session_users),
    },
    {
        .id = "get_session",
        .resource = "sessions",
        .verb = "get",
        .summary = "Read a session",
        .method = CVK_GET,
        .path = "/v1/session/{session_id}",
        PARAMS(session_params),
        READS_ONLY,
        .success = STATUSES(200),
        .errors = STATUSES(400, 401, 403, 404, 429, 500),
        .answer = MODEL(session_get),
    },
    {
        .id = "get_users_session",
        .resource = "sessions",
        .verb = "users",
        .summary = "List the users of a session",
        .method = CVK_GET,
        .path = "/v1/session/{session_id}/users",
        PARAMS(session_params),
        READS_ONLY,
        .success = STATUSES(200),
        .errors = STATUSES(400, 401, 403, 404, 429, 500),
        .answer = MODEL(session_users),
    },
    {
        .id = "list_sessions",
        .resource = "sessions",
        .verb = "list",
        .summary = "List the active sessions",
        .method = CVK_GET,
        .path = "/v1/sessions",
        PARAMS(list_params),
        READS_ONLY,
        .paging = CVK_PAGES_BY_NUMBER,
        .item_id = "session_id",
        .success = STATUSES(200),
        .errors = EDGEGAP_ERRORS,
        .answer = MODEL(sessions),
    },
    {
        .id = "put_users_session",
        .resource = "sessions",
        .verb = "add_users",
        .summary = "Add users to a session",
        .method = CVK_PUT,
        .path = "/v1/session/{session_id}/users",
        PARAMS(users_params),
        .has_body = true,
        /* Not idempotent: it adds, and what adding a present address does is not documented. */
        .success = STATUSES(200),
        .errors = STATUSES(400, 401, 403, 404, 422, 429, 500),
        .answer = MODEL(session_users),
    },
    {
        .id = "session_delete",
        .resource = "sessions",
        .verb = "delete",
        .summary = "Delete a session; its deployment keeps running",
        .method = CVK_DELETE,
        .path = "/v1/session/{session_id}",
        PARAMS(session_params),
        .idempotent = true,
        .success = STATUSES(200),
        .errors = STATUSES(400, 401, 403, 404, 410, 429, 500),
        .answer = MODEL(session_delete),
    },
    {
        .id = "session_post",
        .resource = "sessions",
        .verb = "create",
        .summary = "Create a session; it becomes ready some time later",
        .method = CVK_POST,
        .path = "/v1/session",
        PARAMS(create_params),
        .has_body = true,
        .success = STATUSES(200),
        .errors = STATUSES(400, 401, 403, 409, 429, 500),
        .answer = MODEL(session_request),
    },
    {
        .id = "sessions_bulk_stop",
        .resource = "sessions",
        .verb = "bulk_stop",
        .summary = "Delete for good every session that the filters match",
        .method = CVK_POST,
        .path = "/v1/sessions/bulk-stop",
        PARAMS(bulk_stop_params),
        .has_body = true,
        /* Not idempotent: a repeat also stops matching sessions that began after the first call. */
        .non_empty = "filters", /* what an empty one does is not documented: perhaps stop all */
        .non_empty_member = "values",
        .success = STATUSES(200),
        .errors = EDGEGAP_ERRORS,
        .answer = MODEL(bulk_stop),
    },
};

/* ---- the API ------------------------------------------------------------------------------- */

/* The dashboard shows the token with the word in front, other places show it without. */
static const cvk_auth auths[] = {
    {.option = "token", .environment = {"EDGEGAP_API_TOKEN", "EDGEGAP_API_KEY"},
     .place = CVK_AUTH_HEADER, .name = "Authorization", .prefix = "token ", .renewable = true,
     .summary = "API token, with or without the word token"},
};

const cvk_api cvk_api_edgegap = {
    .name = "edgegap",
    .title = "Edgegap API v1",
    .url = "https://api.edgegap.com",
    .url_environment = "EDGEGAP_API_URL",
    .accept = "application/json",
    .request_id_headers = LIST("X-Request-Id"),
    .not_executed_codes = (const char *const[]){NULL},
    .error_shape = CVK_ERRORS_EDGEGAP,
    AUTHS(auths),
    OPERATIONS(operations),
    MORE(cvk_edgegap_more),
};
