/* Edgegap: deployments, relay sessions and beacons, which came after the sessions. */
#include "apis/edgegap_more.h"

#include "apis/edgegap_shared.h"
#include "apis/facts.h"

/* ---- models -------------------------------------------------------------------------------- */
static const cvk_field deployment_v2_user_fields[] = {
    {.name = "user_type", REQUIRED, .schema = STRING(),
     .summary = "Ip_address or geo_coordinates (open set in the document)"},
    {.name = "user_data", REQUIRED, .schema = FREE_OBJECT(), .summary = "Ip_address: {ip_address}"},
};
static const cvk_model deployment_v2_user = {.name = "DeploymentV2User", FIELDS(deployment_v2_user_fields)};

static const cvk_field resources_fields[] = {
    {.name = "cpu_units", REQUIRED, .schema = INTEGER(AT_LEAST(100)),
     .summary = "1024 is one vCPU"},
    {.name = "memory_mib", REQUIRED, .schema = INTEGER(AT_LEAST(100)),
     .summary = "At most twice cpu_units"},
};
static const cvk_model resources = {.name = "Resources", FIELDS(resources_fields)};

static const cvk_field environment_variable_fields[] = {
    {.name = "key", REQUIRED, .schema = STRING(), .summary = "Name"},
    {.name = "value", REQUIRED, .schema = STRING(), .summary = "Value"},
    {.name = "is_hidden", REQUIRED, .schema = BOOLEAN(), .summary = "Whether its value is hidden"},
};
static const cvk_model environment_variable = {.name = "EnvironmentVariable", FIELDS(environment_variable_fields)};

static const cvk_field basic_webhook_fields[] = {
    {.name = "url", REQUIRED, .schema = STRING(), .summary = "Where to call"},
};
static const cvk_model basic_webhook = {.name = "BasicWebhook", FIELDS(basic_webhook_fields)};

static const cvk_field deployment_response_fields[] = {
    {.name = "request_id", REQUIRED, .schema = STRING(), .summary = "Id of the deployment"},
};
static const cvk_model deployment_response = {.name = "DeploymentResponse", FIELDS(deployment_response_fields)};

static const cvk_field deployment_port_fields[] = {
    {.name = "name", REQUIRED, .schema = STRING(), .summary = "Name"},
    {.name = "link", REQUIRED, .schema = STRING(), .summary = "Host and port"},
    {.name = "internal", REQUIRED, .schema = INTEGER(AT_LEAST(0), AT_MOST(59999)),
     .summary = "Port inside"},
    {.name = "external", REQUIRED, .schema = INTEGER(AT_LEAST(0), AT_MOST(59999)),
     .summary = "Port from outside"},
    {.name = "protocol", REQUIRED, .schema = STRING(), .summary = "Protocol"},
    {.name = "tls_upgrade", REQUIRED, .schema = BOOLEAN(), .fallback = "false",
     .summary = "Whether it takes TLS"},
};
static const cvk_model deployment_port = {.name = "DeploymentPort", FIELDS(deployment_port_fields)};

static const cvk_field deployment_status_fields[] = {
    {.name = "request_id", REQUIRED, .schema = STRING(), .summary = "Id of the deployment"},
    {.name = "fqdn", REQUIRED, .schema = STRING(), .summary = "Host name"},
    {.name = "public_ip", REQUIRED, .schema = STRING(), .summary = "Address"},
    {.name = "app_name", REQUIRED, .schema = STRING(), .summary = "Application"},
    {.name = "app_version", REQUIRED, .schema = STRING(), .summary = "Version of the application"},
    {.name = "current_status", REQUIRED, .schema = STRING(),
     .summary = "Open set, seen as Status.SEEKING, Status.DEPLOYING, Status.READY, Status.ERROR, TERMINATED"},
    {.name = "running", REQUIRED, .schema = BOOLEAN(), .summary = "Ready for connections"},
    {.name = "start_time", REQUIRED, .schema = STRING(), .summary = "Start, no zone"},
    {.name = "elapsed_time", REQUIRED, .schema = INTEGER(), .summary = "Seconds since the start"},
    {.name = "max_duration", REQUIRED, .schema = INTEGER(AT_LEAST(-1), AT_MOST(1440)),
     .summary = "Minutes until it is stopped"},
    {.name = "removal_time", .schema = STRING(NULLABLE), .summary = "End, no zone"},
    {.name = "last_status", .schema = STRING(NULLABLE), .summary = "Status before"},
    {.name = "error", REQUIRED, .schema = BOOLEAN(), .summary = "Whether it has failed"},
    {.name = "error_detail", .schema = STRING(NULLABLE), .summary = "Why it has failed"},
    {.name = "ports", .schema = MAP(MODEL(deployment_port), NULLABLE), .summary = "Ports by name"},
    {.name = "location", .schema = MODEL(cvk_edgegap_location), .summary = "Where it is"},
    {.name = "tags", .schema = ARRAY(STRING()), .summary = "Its tags"},
    {.name = "command", .schema = STRING(NULLABLE), .summary = "Its command"},
    {.name = "arguments", .schema = STRING(NULLABLE), .summary = "Arguments of its command"},
};
static const cvk_model deployment_status = {.name = "DeploymentStatus", FIELDS(deployment_status_fields)};

static const cvk_field deployment_list_item_fields[] = {
    {.name = "request_id", REQUIRED, .schema = STRING(), .summary = "Id of the deployment"},
    {.name = "fqdn", REQUIRED, .schema = STRING(), .summary = "Host name"},
    {.name = "ready", REQUIRED, .schema = BOOLEAN(), .summary = "Whether players can connect"},
    {.name = "start_time", REQUIRED, .schema = STRING(), .summary = "Start, no zone"},
    {.name = "public_ip", REQUIRED, .schema = STRING(), .summary = "Address"},
    {.name = "ports", .schema = MAP(MODEL(deployment_port), NULLABLE), .summary = "Ports by name"},
    {.name = "tags", .schema = ARRAY(STRING()), .summary = "Its tags"},
};
static const cvk_model deployment_list_item = {.name = "DeploymentListItem", FIELDS(deployment_list_item_fields)};

static const cvk_field deployment_list_fields[] = {
    {.name = "data", .schema = ARRAY(MODEL(deployment_list_item)), .summary = "One page"},
    {.name = "message", .schema = ARRAY(STRING()), .summary = "For people"},
    {.name = "total_count", REQUIRED, .schema = INTEGER(AT_LEAST(0)), .summary = "On all pages"},
    {.name = "pagination", REQUIRED, .schema = MODEL(cvk_edgegap_pagination),
     .summary = "What pages there are"},
};
static const cvk_model deployment_list = {.name = "DeploymentList", FIELDS(deployment_list_fields)};

static const cvk_field stopped_deployment_fields[] = {
    {.name = "message", REQUIRED, .schema = STRING(), .summary = "For people"},
    {.name = "deployment_summary", .schema = MODEL(deployment_status),
     .summary = "The deployment as it was"},
};
static const cvk_model stopped_deployment = {.name = "StoppedDeployment", FIELDS(stopped_deployment_fields)};

#define FILTER_VALUES \
    {.name = "values", REQUIRED, .schema = ARRAY(STRING()), .summary = "What to compare with"}, \
    {.name = "filter_type", REQUIRED, .schema = STRING(WORDS("any", "all", "not")), \
     .summary = "How many of the values must match"}

static const cvk_field deployment_filter_fields[] = {
    {.name = "field", REQUIRED, .schema = STRING(WORDS("request_id", "deployment_tags")),
     .summary = "What is compared"},
    FILTER_VALUES,
};
static const cvk_model deployment_filter = {.name = "DeploymentFilter", FIELDS(deployment_filter_fields)};

static const cvk_field relay_filter_fields[] = {
    {.name = "field", REQUIRED, .schema = STRING(), .summary = "What is compared"},
    FILTER_VALUES,
};
static const cvk_model relay_filter = {.name = "RelayFilter", FIELDS(relay_filter_fields)};

static const cvk_field stopped_deployments_fields[] = {
    {.name = "processable", REQUIRED, .schema = ARRAY(MODEL(deployment_response)),
     .summary = "What will be stopped"},
};
static const cvk_model stopped_deployments = {.name = "StoppedDeployments", FIELDS(stopped_deployments_fields)};

static const cvk_field crash_data_fields[] = {
    {.name = "exit_code", .schema = INTEGER(), .summary = "Exit status"},
    {.name = "message", .schema = STRING(), .summary = "For people"},
    {.name = "restart_count", .schema = INTEGER(AT_LEAST(0)), .summary = "Restarts"},
};
static const cvk_model crash_data = {.name = "CrashData", FIELDS(crash_data_fields)};

static const cvk_field deployment_logs_fields[] = {
    {.name = "logs", .schema = STRING(), .summary = "The logs"},
    {.name = "crash_logs", .schema = STRING(NULLABLE), .summary = "Logs of a crash"},
    {.name = "crash_data", .schema = MODEL(crash_data, NULLABLE), .summary = "How it crashed"},
    {.name = "encoding", .schema = STRING(), .summary = "Of the logs"},
    {.name = "logs_link", .schema = STRING(NULLABLE), .summary = "Where the logs are kept"},
};
static const cvk_model deployment_logs = {.name = "DeploymentLogs", FIELDS(deployment_logs_fields)};

static const cvk_field deployment_tag_fields[] = {
    {.name = "name", REQUIRED, .schema = STRING(.min_length = 1, .max_length = 40),
     .summary = "Name"},
    {.name = "create_time", .schema = STRING(), .summary = "Creation, no zone"},
    {.name = "last_updated", .schema = STRING(), .summary = "Last change, no zone"},
};
static const cvk_model deployment_tag = {.name = "DeploymentTag", FIELDS(deployment_tag_fields)};

static const cvk_field deployment_tags_fields[] = {
    {.name = "tags", .schema = ARRAY(MODEL(deployment_tag)), .summary = "Its tags"},
    {.name = "total_count", REQUIRED, .schema = INTEGER(AT_LEAST(0)), .summary = "On all pages"},
    {.name = "pagination", REQUIRED, .schema = MODEL(cvk_edgegap_pagination),
     .summary = "What pages there are"},
};
static const cvk_model deployment_tags = {.name = "DeploymentTags", FIELDS(deployment_tags_fields)};

static const cvk_field beacon_fields[] = {
    {.name = "host", REQUIRED, .schema = STRING(), .summary = "Address"},
    {.name = "fqdn", .schema = STRING(), .summary = "Host name"},
    {.name = "udp_port", .schema = INTEGER(AT_LEAST(0), AT_MOST(59999)), .summary = "UDP port"},
    {.name = "tcp_port", .schema = INTEGER(AT_LEAST(0), AT_MOST(59999)), .summary = "TCP port"},
    {.name = "location", REQUIRED, .schema = MODEL(cvk_edgegap_location), .summary = "Where it is"},
};
static const cvk_model beacon = {.name = "Beacon", FIELDS(beacon_fields)};

static const cvk_field beacons_fields[] = {
    {.name = "locations", .schema = ARRAY(MODEL(beacon)), .summary = "The beacons"},
    {.name = "count", REQUIRED, .schema = INTEGER(), .summary = "Beacons in this answer"},
};
static const cvk_model beacons = {.name = "Beacons", FIELDS(beacons_fields)};

static const cvk_field relay_user_fields[] = {
    {.name = "ip", REQUIRED, .schema = STRING(), .summary = "Address"},
};
static const cvk_model relay_user = {.name = "RelayUser", FIELDS(relay_user_fields)};

static const cvk_field relay_session_user_fields[] = {
    {.name = "ip_address", .schema = STRING(), .summary = "Address"},
    {.name = "latitude", .schema = NUMBER(), .summary = "Latitude"},
    {.name = "longitude", .schema = NUMBER(), .summary = "Longitude"},
    {.name = "authorization_token", .schema = INTEGER(.format = "int64"),
     .summary = "What the relay knows it by"},
};
static const cvk_model relay_session_user = {.name = "RelaySessionUser", FIELDS(relay_session_user_fields)};

static const cvk_field relay_server_port_fields[] = {
    {.name = "port", .schema = INTEGER(), .summary = "Port"},
    {.name = "protocol", .schema = STRING(), .summary = "Protocol"},
    {.name = "link", .schema = STRING(), .summary = "Host and port"},
};
static const cvk_model relay_server_port = {.name = "RelayServerPort", FIELDS(relay_server_port_fields)};

static const cvk_field relay_client_port_fields[] = {
    {.name = "port", .schema = INTEGER(), .summary = "Port"},
    {.name = "protocol", .schema = STRING(), .summary = "Protocol"},
    {.name = "link", .schema = STRING(), .summary = "Host and port"},
};
static const cvk_model relay_client_port = {.name = "RelayClientPort", FIELDS(relay_client_port_fields)};

static const cvk_field relay_ports_fields[] = {
    {.name = "server", .schema = MODEL(relay_server_port), .summary = "For the host"},
    {.name = "client", .schema = MODEL(relay_client_port), .summary = "For players"},
};
static const cvk_model relay_ports = {.name = "RelayPorts", FIELDS(relay_ports_fields)};

static const cvk_field relay_fields[] = {
    {.name = "ip", .schema = STRING(), .summary = "Address"},
    {.name = "host", .schema = STRING(), .summary = "Address"},
    {.name = "ports", .schema = MODEL(relay_ports), .summary = "Ports by name"},
};
static const cvk_model relay = {.name = "Relay", FIELDS(relay_fields)};

static const cvk_field relay_session_fields[] = {
    {.name = "session_id", REQUIRED, .schema = STRING(),
     .summary = "Relay session, such as 7349356945f1-S"},
    {.name = "authorization_token", .schema = INTEGER(.format = "int64"),
     .summary = "What the relay knows it by"},
    {.name = "status", REQUIRED, .schema = STRING(), .summary = "Open set"},
    {.name = "ready", REQUIRED, .schema = BOOLEAN(), .summary = "Whether players can connect"},
    {.name = "linked", REQUIRED, .schema = BOOLEAN(), .summary = "Whether a relay has taken it"},
    {.name = "error", .schema = STRING(NULLABLE), .summary = "Whether it has failed"},
    {.name = "session_users", .schema = ARRAY(MODEL(relay_session_user)), .summary = "The users"},
    {.name = "relay", .schema = MODEL(relay, NULLABLE), .summary = "The relay"},
    {.name = "webhook_url", .schema = STRING(NULLABLE), .summary = "Called when it changes"},
};
static const cvk_model relay_session = {.name = "RelaySession", FIELDS(relay_session_fields)};

static const cvk_field relay_sessions_fields[] = {
    {.name = "sessions", .schema = ARRAY(MODEL(relay_session)), .summary = "One page"},
    {.name = "total_count", REQUIRED, .schema = INTEGER(AT_LEAST(0)), .summary = "On all pages"},
    {.name = "pagination", REQUIRED, .schema = MODEL(cvk_edgegap_pagination),
     .summary = "What pages there are"},
};
static const cvk_model relay_sessions = {.name = "RelaySessions", FIELDS(relay_sessions_fields)};

static const cvk_field relay_session_of_user_fields[] = {
    {.name = "session_id", REQUIRED, .schema = STRING(),
     .summary = "Relay session, such as 7349356945f1-S"},
    {.name = "authorization_token", .schema = INTEGER(.format = "int64"),
     .summary = "What the relay knows it by"},
    {.name = "status", REQUIRED, .schema = STRING(), .summary = "Open set"},
    {.name = "ready", REQUIRED, .schema = BOOLEAN(), .summary = "Whether players can connect"},
    {.name = "linked", REQUIRED, .schema = BOOLEAN(), .summary = "Whether a relay has taken it"},
    {.name = "error", .schema = STRING(NULLABLE), .summary = "Whether it has failed"},
    {.name = "relay", .schema = MODEL(relay, NULLABLE), .summary = "The relay"},
    {.name = "webhook_url", .schema = STRING(NULLABLE), .summary = "Called when it changes"},
    {.name = "session_user", .schema = MODEL(relay_session_user), .summary = "The user"},
};
static const cvk_model relay_session_of_user = {.name = "RelaySessionOfUser", FIELDS(relay_session_of_user_fields)};

/* ---- parameters ---------------------------------------------------------------------------- */

#define DEPLOYMENT_ID \
    {.name = "deployment_id", IN_PATH, .schema = STRING(), .summary = "Request_id of the create"}
#define PAGE \
    {.name = "page", IN_QUERY, .schema = INTEGER(AT_LEAST(1)), .summary = "Page number from 1"}
#define LIMIT \
    {.name = "limit", IN_QUERY, .schema = INTEGER(AT_LEAST(1)), .summary = "Results per page"}
#define TAG_NAME \
    {.name = "tag_name", IN_PATH, .schema = STRING(), .summary = "The tag"}
#define SESSION_ID \
    {.name = "session_id", IN_PATH, .schema = STRING(), \
     .summary = "Relay session, such as 7349356945f1-S"}
#define SESSION_ID_IN_BODY \
    {.name = "session_id", REQUIRED, .schema = STRING(), \
     .summary = "Relay session, such as 7349356945f1-S"}

static const cvk_field v2_deployment_create_params[] = {
    {.name = "application", REQUIRED, .schema = STRING(), .summary = "Application to run"},
    {.name = "version", REQUIRED, .schema = STRING(), .summary = "Version to run"},
    {.name = "users", REQUIRED, .schema = ARRAY(MODEL(deployment_v2_user), .min_length = 1),
     .summary = "Who will play"},
    {.name = "resources", .schema = MODEL(resources), .summary = "What the server gets"},
    {.name = "require_cached_locations", .schema = BOOLEAN(NULLABLE), .fallback = "false",
     .summary = "Only where the image is cached"},
    {.name = "environment_variables", .schema = ARRAY(MODEL(environment_variable)),
     .summary = "Variables of the server"},
    {.name = "tags", .schema = ARRAY(STRING()), .summary = "Its tags"},
    {.name = "webhook_on_ready", .schema = MODEL(basic_webhook),
     .summary = "Called when it is ready"},
    {.name = "webhook_on_error", .schema = MODEL(basic_webhook),
     .summary = "Called when it has failed"},
    {.name = "webhook_on_terminated", .schema = MODEL(basic_webhook),
     .summary = "Called when it has ended"},
};

static const cvk_field deployment_get_params[] = {DEPLOYMENT_ID};

static const cvk_field deployment_list_params[] = {
    {.name = "query", IN_QUERY, .schema = STRING(),
     .summary = "JSON filter and order, see the filtering guide"},
    PAGE,
    LIMIT,
};

static const cvk_field deployment_delete_params[] = {
    DEPLOYMENT_ID,
    {.name = "container_log_storage", IN_QUERY, .schema = STRING(),
     .summary = "True, false, or the name of an endpoint storage"},
};

static const cvk_field deployment_bulk_delete_params[] = {
    {.name = "filters", REQUIRED, .schema = ARRAY(MODEL(deployment_filter)),
     .summary = "Which ones"},
};

static const cvk_field deployment_self_delete_params[] = {
    DEPLOYMENT_ID,
    {.name = "stop_key", IN_PATH, .schema = STRING(), .summary = "Key in ARBITRIUM_DELETE_URL"},
    {.name = "container_log_storage", IN_QUERY, .schema = STRING(),
     .summary = "True, false, or the name of an endpoint storage"},
};

static const cvk_field deployment_logs_get_params[] = {DEPLOYMENT_ID};

static const cvk_field deployment_tag_create_params[] = {
    DEPLOYMENT_ID,
    {.name = "name", REQUIRED, .schema = STRING(.min_length = 1, .max_length = 40),
     .summary = "Name"},
};

static const cvk_field deployment_tag_list_params[] = {
    DEPLOYMENT_ID,
    PAGE,
    LIMIT,
};

static const cvk_field deployment_tag_get_params[] = {DEPLOYMENT_ID, TAG_NAME};

static const cvk_field deployment_tag_update_params[] = {
    DEPLOYMENT_ID,
    TAG_NAME,
    {.name = "name", REQUIRED, .schema = STRING(.min_length = 1, .max_length = 40),
     .summary = "Name"},
};

static const cvk_field deployment_tag_delete_params[] = {DEPLOYMENT_ID, TAG_NAME};

static const cvk_field beacon_list_params[] = {PAGE, LIMIT};

static const cvk_field relay_session_create_params[] = {
    {.name = "users", REQUIRED, .schema = ARRAY(MODEL(relay_user), .min_length = 1),
     .summary = "Who will play"},
    {.name = "filters", .schema = ARRAY(MODEL(relay_filter)), .summary = "Which ones"},
    {.name = "webhook_url", .schema = STRING(), .summary = "Called when it changes"},
};

static const cvk_field relay_session_list_params[] = {PAGE, LIMIT};

static const cvk_field relay_session_params[] = {SESSION_ID};

static const cvk_field relay_user_authorize_params[] = {
    SESSION_ID_IN_BODY,
    {.name = "user_ip", REQUIRED, .schema = STRING(), .summary = "Address of the user"},
};

static const cvk_field relay_user_revoke_params[] = {
    SESSION_ID_IN_BODY,
    {.name = "authorization_token", REQUIRED, .schema = INTEGER(.format = "int64"),
     .summary = "What the relay knows it by"},
};

/* ---- operations ---------------------------------------------------------------------------- */

static const cvk_limit create_limits[] = {{.count = 40, .seconds = 1}};
static const cvk_limit status_limits[] = {{.count = 20, .seconds = 1}};
static const cvk_limit list_limits[] = {{.count = 10, .seconds = 1}};

const cvk_operation cvk_edgegap_more[cvk_edgegap_more_count] = {
    {
        .id = "v2_deployment_create",
        .resource = "deployments",
        .verb = "create",
        .summary = "Start a server near its users; it becomes ready some time later",
        .method = CVK_POST,
        .path = "/v2/deployments",
        PARAMS(v2_deployment_create_params),
        .has_body = true,
        LIMITS(create_limits),
        .success = STATUSES(202),
        .errors = STATUSES(400, 401, 403, 422, 429, 500),
        .answer = MODEL(deployment_response),
    },
    {
        .id = "deployment_get",
        .resource = "deployments",
        .verb = "get",
        .summary = "Read the state of a deployment",
        .method = CVK_GET,
        .path = "/v1/status/{deployment_id}",
        PARAMS(deployment_get_params),
        READS_ONLY,
        LIMITS(status_limits),
        .success = STATUSES(200),
        .errors = STATUSES(400, 401, 403, 404, 429, 500),
        .answer = MODEL(deployment_status),
    },
    {
        .id = "deployment_list",
        .resource = "deployments",
        .verb = "list",
        .summary = "List the active deployments",
        .method = CVK_GET,
        .path = "/v1/deployments",
        PARAMS(deployment_list_params),
        READS_ONLY,
        LIMITS(list_limits),
        .paging = CVK_PAGES_BY_NUMBER,
        .item_id = "request_id",
        .success = STATUSES(200),
        .errors = STATUSES(400, 401, 403, 429, 500),
        .answer = MODEL(deployment_list),
    },
    {
        .id = "deployment_delete",
        .resource = "deployments",
        .verb = "stop",
        .summary = "Stop a deployment",
        .method = CVK_DELETE,
        .path = "/v1/stop/{deployment_id}",
        PARAMS(deployment_delete_params),
        .idempotent = true, /* a second call is refused: 410, or 404 */
        .success = STATUSES(200, 202),
        .errors = STATUSES(400, 401, 403, 404, 410, 429, 500),
        .answer = MODEL(stopped_deployment),
    },
    {
        .id = "deployment_bulk_delete",
        .resource = "deployments",
        .verb = "bulk_stop",
        .summary = "Stop every deployment that the filters match",
        .method = CVK_POST,
        .path = "/v1/deployments/bulk-stop",
        PARAMS(deployment_bulk_delete_params),
        .has_body = true,
        .non_empty = "filters", /* an empty one may match all of them */
        .non_empty_member = "values",
        .success = STATUSES(202),
        .errors = STATUSES(400, 401, 403, 429, 500),
        .answer = MODEL(stopped_deployments),
    },
    {
        .id = "deployment_self_delete",
        .resource = "deployments",
        .verb = "stop_self",
        .summary = "Stop the deployment in which the caller runs",
        .method = CVK_DELETE,
        .path = "/v1/self/stop/{deployment_id}/{stop_key}",
        PARAMS(deployment_self_delete_params),
        .idempotent = true, /* a second call is refused: 404 */
        .success = STATUSES(200, 202),
        .errors = STATUSES(400, 401, 403, 404, 429, 500),
        .answer = FREE_OBJECT(),
    },
    {
        .id = "deployment_logs_get",
        .resource = "deployments",
        .verb = "logs",
        .summary = "Read the logs of a deployment",
        .method = CVK_GET,
        .path = "/v1/deployment/{deployment_id}/container-logs",
        PARAMS(deployment_logs_get_params),
        READS_ONLY,
        .success = STATUSES(200),
        .errors = STATUSES(400, 401, 403, 404, 429, 500),
        .answer = MODEL(deployment_logs),
    },
    {
        .id = "deployment_tag_create",
        .resource = "deployment_tags",
        .verb = "create",
        .summary = "Tag a deployment",
        .method = CVK_POST,
        .path = "/v1/deployments/{deployment_id}/tags",
        PARAMS(deployment_tag_create_params),
        .has_body = true,
        .success = STATUSES(200),
        .errors = STATUSES(400, 401, 403, 404, 409, 429, 500),
        .answer = MODEL(deployment_tag),
    },
    {
        .id = "deployment_tag_list",
        .resource = "deployment_tags",
        .verb = "list",
        .summary = "List the tags of a deployment",
        .method = CVK_GET,
        .path = "/v1/deployments/{deployment_id}/tags",
        PARAMS(deployment_tag_list_params),
        READS_ONLY,
        .paging = CVK_PAGES_BY_NUMBER,
        .item_id = "name",
        .success = STATUSES(200),
        .errors = STATUSES(400, 401, 403, 404, 429, 500),
        .answer = MODEL(deployment_tags),
    },
    {
        .id = "deployment_tag_get",
        .resource = "deployment_tags",
        .verb = "get",
        .summary = "Read a tag of a deployment",
        .method = CVK_GET,
        .path = "/v1/deployments/{deployment_id}/tags/{tag_name}",
        PARAMS(deployment_tag_get_params),
        READS_ONLY,
        .success = STATUSES(200),
        .errors = STATUSES(400, 401, 403, 404, 429, 500),
        .answer = MODEL(deployment_tag),
    },
    {
        .id = "deployment_tag_update",
        .resource = "deployment_tags",
        .verb = "update",
        .summary = "Rename a tag of a deployment",
        .method = CVK_PATCH,
        .path = "/v1/deployments/{deployment_id}/tags/{tag_name}",
        PARAMS(deployment_tag_update_params),
        .has_body = true,
        .success = STATUSES(200),
        .errors = STATUSES(400, 401, 403, 404, 409, 429, 500),
        .answer = MODEL(deployment_tag),
    },
    {
        .id = "deployment_tag_delete",
        .resource = "deployment_tags",
        .verb = "delete",
        .summary = "Take a tag off a deployment",
        .method = CVK_DELETE,
        .path = "/v1/deployments/{deployment_id}/tags/{tag_name}",
        PARAMS(deployment_tag_delete_params),
        .idempotent = true, /* a second call is refused: 404 */
        .success = STATUSES(204),
        .errors = STATUSES(400, 401, 403, 404, 429, 500),
        .answer = NOTHING,
    },
    {
        .id = "beacon_list",
        .resource = "beacons",
        .verb = "list",
        .summary = "List the beacons, to which players measure their distance",
        .method = CVK_GET,
        .path = "/v1/locations/beacons",
        PARAMS(beacon_list_params),
        READS_ONLY,
        .paging = CVK_PAGES_BY_SHORT_PAGE,
        .item_id = "host",
        .success = STATUSES(200),
        .errors = STATUSES(400, 401, 403, 429, 500),
        .answer = MODEL(beacons),
    },
    {
        .id = "relay_session_create",
        .resource = "relay_sessions",
        .verb = "create",
        .summary = "Create a relay session; it becomes ready some time later",
        .method = CVK_POST,
        .path = "/v1/relays/sessions",
        PARAMS(relay_session_create_params),
        .has_body = true,
        .success = STATUSES(200),
        .errors = STATUSES(400, 401, 403, 429, 500, 503),
        .answer = MODEL(relay_session),
    },
    {
        .id = "relay_session_list",
        .resource = "relay_sessions",
        .verb = "list",
        .summary = "List the relay sessions",
        .method = CVK_GET,
        .path = "/v1/relays/sessions",
        PARAMS(relay_session_list_params),
        READS_ONLY,
        .paging = CVK_PAGES_BY_NUMBER,
        .item_id = "session_id",
        .success = STATUSES(200),
        .errors = STATUSES(401, 403, 429, 500),
        .answer = MODEL(relay_sessions),
    },
    {
        .id = "relay_session_get",
        .resource = "relay_sessions",
        .verb = "get",
        .summary = "Read a relay session",
        .method = CVK_GET,
        .path = "/v1/relays/sessions/{session_id}",
        PARAMS(relay_session_params),
        READS_ONLY,
        .success = STATUSES(200),
        .errors = STATUSES(401, 403, 404, 429, 500),
        .answer = MODEL(relay_session),
    },
    {
        .id = "relay_session_delete",
        .resource = "relay_sessions",
        .verb = "delete",
        .summary = "Delete a relay session",
        .method = CVK_DELETE,
        .path = "/v1/relays/sessions/{session_id}",
        PARAMS(relay_session_params),
        .idempotent = true, /* a second call is refused: 404 */
        .success = STATUSES(204),
        .errors = STATUSES(401, 403, 404, 429, 500, 503),
        .answer = NOTHING,
    },
    {
        .id = "relay_user_authorize",
        .resource = "relay_sessions",
        .verb = "authorize_user",
        .summary = "Let a user into a relay session",
        .method = CVK_POST,
        .path = "/v1/relays/sessions:authorize-user",
        PARAMS(relay_user_authorize_params),
        .has_body = true,
        .success = STATUSES(200),
        .errors = STATUSES(400, 401, 403, 409, 429, 500, 503),
        .answer = MODEL(relay_session_of_user),
    },
    {
        .id = "relay_user_revoke",
        .resource = "relay_sessions",
        .verb = "revoke_user",
        .summary = "Take a user out of a relay session",
        .method = CVK_POST,
        .path = "/v1/relays/sessions:revoke-user",
        PARAMS(relay_user_revoke_params),
        .has_body = true,
        .idempotent = true, /* a second call is refused: 404 */
        .success = STATUSES(200, 204),
        .errors = STATUSES(400, 401, 403, 404, 429, 500, 503),
        .answer = MODEL(relay_session),
    },
};
