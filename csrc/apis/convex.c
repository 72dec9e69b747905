/*
 * A Convex deployment: six mutations of an interview app, and any other mutation by its name.
 * Parameters are the function's arguments; the envelope around them is written by the request.
 * Models describe the `value` of the answer.
 */
#include "apis/facts.h"

#define PROFILE_ROLE WORDS("admin", "user")

/* ---- models -------------------------------------------------------------------------------- */

static const cvk_field user_profile_fields[] = {
    {.name = "_id", REQUIRED, .schema = STRING(), .summary = "Profile id"},
    {.name = "_creationTime", REQUIRED, .schema = NUMBER(), .summary = "Creation, milliseconds"},
    {.name = "userId", REQUIRED, .schema = STRING(), .summary = "Whose profile it is"},
    {.name = "role", REQUIRED, .schema = STRING(PROFILE_ROLE), .summary = "What the user may do"},
};
static const cvk_model user_profile = {.name = "UserProfile", FIELDS(user_profile_fields)};

static const cvk_field editor_fields[] = {
    {.name = "language", REQUIRED, .schema = STRING(), .summary = "Programming language"},
    {.name = "content", REQUIRED, .schema = STRING(), .summary = "Text in the editor"},
    {.name = "lastUpdated", REQUIRED, .schema = NUMBER(), .summary = "Last edit, milliseconds"},
    {.name = "functionName", REQUIRED, .schema = STRING(), .summary = "Function to run"},
    {.name = "inputParameters", REQUIRED, .schema = ARRAY(STRING()),
     .summary = "Names of its parameters"},
};
static const cvk_model editor = {.name = "Editor", FIELDS(editor_fields)};

static const cvk_field terminal_fields[] = {
    {.name = "output", REQUIRED, .schema = STRING(), .summary = "What the run printed"},
    {.name = "isError", REQUIRED, .schema = BOOLEAN(), .summary = "Whether the run failed"},
    {.name = "executionTime", .schema = NUMBER(), .summary = "How long the run took"},
};
static const cvk_model terminal = {.name = "Terminal", FIELDS(terminal_fields)};

#define WHICH \
    {.name = "path", REQUIRED, .schema = STRING(), .summary = "Which function: module:function"}

/* In a list of one, as the vendor's own client has it; sent even where there are none. */
#define ARGUMENTS \
    {.name = "args", LISTED, FILLED_WITH("{}"), .schema = FREE_OBJECT(), \
     .summary = "Arguments of the function"}

static const cvk_field batch_query_fields[] = {
    WHICH,
    ARGUMENTS,
    {.name = "format", FILLED_WITH("\"convex_encoded_json\""),
     .schema = STRING(WORDS("json", "convex_encoded_json")),
     .summary = "How values are written; json loses their types"},
};
static const cvk_model batch_query = {.name = "BatchQuery", FIELDS(batch_query_fields)};

static const cvk_field batch_result_fields[] = {
    {.name = "status", REQUIRED, .schema = STRING(WORDS("success", "error")),
     .summary = "Whether the function has failed"},
    {.name = "value", .schema = ANYTHING, .summary = "What the function has returned"},
    {.name = "errorMessage", .schema = STRING(), .summary = "What was wrong"},
    {.name = "errorData", .schema = ANYTHING, .summary = "What the function has thrown"},
    {.name = "logLines", .schema = ARRAY(STRING()), .summary = "What the function has printed"},
};
static const cvk_model batch_result = {.name = "BatchResult", FIELDS(batch_result_fields)};

static const cvk_field batch_results_fields[] = {
    {.name = "results", REQUIRED, .schema = ARRAY(MODEL(batch_result)),
     .summary = "In the order of the queries"},
};
static const cvk_model batch_results = {.name = "BatchResults", FIELDS(batch_results_fields)};

static const cvk_field timestamp_fields[] = {
    {.name = "ts", REQUIRED, .schema = STRING(FROM_TO(12, 12)),
     .summary = "Nanoseconds since 1970 in base64"},
};
static const cvk_model timestamp = {.name = "Timestamp", FIELDS(timestamp_fields)};

/* ---- operations ---------------------------------------------------------------------------- */

static const cvk_field create_user_profile_params[] = {
    {.name = "role", REQUIRED, .schema = STRING(PROFILE_ROLE), .summary = "Role to give"},
};

static const cvk_field editor_snapshot_params[] = {
    {.name = "sessionId", REQUIRED, .schema = STRING(), .summary = "Id in table sessions"},
    {.name = "editor", REQUIRED, .schema = MODEL(editor), .summary = "State of the editor"},
    {.name = "terminal", REQUIRED, .schema = MODEL(terminal), .summary = "State of the terminal"},
};

static const cvk_field apply_invite_code_params[] = {
    {.name = "code", REQUIRED, .schema = STRING(), .summary = "Invite code"},
};

static const cvk_field create_session_params[] = {
    {.name = "questionId", REQUIRED, .schema = STRING(), .summary = "Id in table questions"},
    {.name = "agentThreadId", REQUIRED, .schema = STRING(), .summary = "Thread of the interviewer"},
    {.name = "assistantId", REQUIRED, .schema = STRING(), .summary = "Interviewer"},
    {.name = "functionName", REQUIRED, .schema = STRING(), .summary = "Function to write"},
    {.name = "inputParameters", REQUIRED, .schema = ARRAY(STRING()),
     .summary = "Names of its parameters"},
};

static const cvk_field session_params[] = {
    {.name = "sessionId", REQUIRED, .schema = STRING(), .summary = "Id in table sessions"},
};

static const cvk_field function_params[] = {
    WHICH,
    ARGUMENTS,
};

static const cvk_field query_at_ts_params[] = {
    WHICH,
    ARGUMENTS,
    {.name = "ts", REQUIRED, .schema = STRING(FROM_TO(12, 12)),
     .summary = "Time that query_ts has given"},
};

static const cvk_field query_batch_params[] = {
    {.name = "queries", REQUIRED, .schema = ARRAY(MODEL(batch_query)), .summary = "What to ask"},
};

static const cvk_field any_function_params[] = {
    WHICH,
    ARGUMENTS,
    {.name = "componentPath", .schema = STRING(NULLABLE),
     .summary = "Component that has the function; null: the app itself"},
};

static const cvk_field run_params[] = {
    {.name = "module", IN_PATH, .schema = STRING(), .summary = "Module, such as dir/sessions"},
    {.name = "function", IN_PATH, .schema = STRING(), .summary = "Function of the module"},
    ARGUMENTS,
};

#define CONVEX_ERRORS STATUSES(400, 401, 429, 500, 503)
#define CONVEX_MORE_ERRORS STATUSES(400, 401, 408, 429, 500, 503)

static const cvk_operation operations[] = {
    {
        .id = "api_run_admins_create_user_profile_post",
        .resource = "admins",
        .verb = "create_user_profile",
        .summary = "Return the caller's profile (callers must be admins)",
        .method = CVK_POST,
        .path = "/api/run/admins/createUserProfile",
        PARAMS(create_user_profile_params),
        .has_body = true,
        .idempotent = true, /* who may call has a profile already, which comes back unchanged */
        .envelope = CVK_CONVEX_RUN,
        .success = STATUSES(200),
        .errors = CONVEX_ERRORS,
        .answer = MODEL(user_profile),
    },
    {
        .id = "api_run_editor_snapshots_create_post",
        .resource = "editor_snapshots",
        .verb = "create",
        .summary = "Store the state of editor and terminal; returns the snapshot's id",
        .method = CVK_POST,
        .path = "/api/run/editorSnapshots/create",
        PARAMS(editor_snapshot_params),
        .has_body = true,
        .envelope = CVK_CONVEX_RUN,
        .success = STATUSES(200),
        .errors = CONVEX_ERRORS,
        .answer = STRING(),
    },
    {
        .id = "api_run_invite_codes_apply_invite_code_post",
        .resource = "invite_codes",
        .verb = "apply_invite_code",
        .summary = "Give the caller the role that the code stands for",
        .method = CVK_POST,
        .path = "/api/run/inviteCodes/applyInviteCode",
        PARAMS(apply_invite_code_params),
        .has_body = true,
        .idempotent = true, /* codes are not used up; the same role is set again */
        .envelope = CVK_CONVEX_RUN,
        .success = STATUSES(200),
        .errors = CONVEX_ERRORS,
        .answer = NOTHING,
    },
    {
        .id = "api_run_sessions_create_post",
        .resource = "sessions",
        .verb = "create",
        .summary = "Create an interview session; returns its id",
        .method = CVK_POST,
        .path = "/api/run/sessions/create",
        PARAMS(create_session_params),
        .has_body = true,
        .envelope = CVK_CONVEX_RUN,
        .success = STATUSES(200),
        .errors = CONVEX_ERRORS,
        .answer = STRING(),
    },
    {
        .id = "api_run_sessions_end_session_post",
        .resource = "sessions",
        .verb = "end_session",
        .summary = "End a session",
        .method = CVK_POST,
        .path = "/api/run/sessions/endSession",
        PARAMS(session_params),
        .has_body = true,
        .idempotent = true, /* the first end time is kept */
        .envelope = CVK_CONVEX_RUN,
        .success = STATUSES(200),
        .errors = CONVEX_ERRORS,
        .answer = NOTHING,
    },
    {
        .id = "api_run_sessions_start_session_post",
        .resource = "sessions",
        .verb = "start_session",
        .summary = "Start a session; the server ends it ten minutes later",
        .method = CVK_POST,
        .path = "/api/run/sessions/startSession",
        PARAMS(session_params),
        .has_body = true,
        .idempotent = true, /* a session in progress stays as it is */
        .envelope = CVK_CONVEX_RUN,
        .success = STATUSES(200),
        .errors = CONVEX_ERRORS,
        .answer = NOTHING,
    },
    {
        .id = "mutation",
        .verb = "mutation",
        .summary = "Call any mutation of the deployment",
        .method = CVK_POST,
        .path = "/api/mutation",
        PARAMS(function_params),
        .has_body = true,
        .extra = true,
        .envelope = CVK_CONVEX_NAMED,
        .success = STATUSES(200),
        .errors = CONVEX_MORE_ERRORS,
        .answer = ANYTHING,
    },
    {
        .id = "query",
        .verb = "query",
        .summary = "Call any query of the deployment",
        .method = CVK_POST,
        .path = "/api/query",
        PARAMS(function_params),
        .has_body = true,
        .extra = true,
        READS_ONLY,
        .envelope = CVK_CONVEX_NAMED,
        .success = STATUSES(200),
        .errors = CONVEX_MORE_ERRORS,
        .answer = ANYTHING,
    },
    {
        .id = "action",
        .verb = "action",
        .summary = "Call any action of the deployment; it may do things elsewhere",
        .method = CVK_POST,
        .path = "/api/action",
        PARAMS(function_params),
        .has_body = true,
        .extra = true,
        .envelope = CVK_CONVEX_NAMED,
        .success = STATUSES(200),
        .errors = CONVEX_MORE_ERRORS,
        .answer = ANYTHING,
    },
    {
        .id = "query_ts",
        .verb = "query_ts",
        .summary = "Ask for the latest time, for query_at_ts",
        .method = CVK_POST,
        .path = "/api/query_ts",
        .no_credential = true,
        .extra = true,
        READS_ONLY,
        .success = STATUSES(200),
        .errors = CONVEX_MORE_ERRORS,
        .answer = MODEL(timestamp),
    },
    {
        .id = "query_at_ts",
        .verb = "query_at_ts",
        .summary = "Call a query as of a time; calls with the same one see the same state",
        .method = CVK_POST,
        .path = "/api/query_at_ts",
        PARAMS(query_at_ts_params),
        .has_body = true,
        .extra = true,
        READS_ONLY,
        .envelope = CVK_CONVEX_NAMED,
        .success = STATUSES(200),
        .errors = CONVEX_MORE_ERRORS,
        .answer = ANYTHING,
    },
    {
        .id = "query_batch",
        .verb = "query_batch",
        .summary = "Call queries together, all as of the same time",
        .method = CVK_POST,
        .path = "/api/query_batch",
        PARAMS(query_batch_params),
        .has_body = true,
        .extra = true,
        READS_ONLY,
        .envelope = CVK_CONVEX_EACH,
        .success = STATUSES(200),
        .errors = CONVEX_MORE_ERRORS,
        .answer = MODEL(batch_results),
    },
    {
        .id = "function",
        .verb = "call_function",
        .summary = "Call any function, internal ones too; wants a deploy key",
        .method = CVK_POST,
        .path = "/api/function",
        PARAMS(any_function_params),
        .has_body = true,
        .extra = true,
        .envelope = CVK_CONVEX_NAMED,
        .success = STATUSES(200),
        .errors = STATUSES(400, 401, 403, 408, 429, 500, 503),
        .answer = ANYTHING,
    },
    {
        .id = "run",
        .verb = "run",
        .summary = "Call any function of the app, of whatever kind it is",
        .method = CVK_POST,
        .path = "/api/run/{module}/{function}",
        PARAMS(run_params),
        .has_body = true,
        .extra = true,
        .envelope = CVK_CONVEX_NAMED,
        .success = STATUSES(200),
        .errors = CONVEX_MORE_ERRORS,
        .answer = ANYTHING,
    },
};

/* ---- the API ------------------------------------------------------------------------------- */

static const cvk_auth auths[] = {
    {.option = "token", .place = CVK_AUTH_HEADER, .name = "Authorization", .prefix = "Bearer ",
     .renewable = true, .summary = "OpenID Connect token of the user"},
    {.option = "deploy_key", .environment = {"CONVEX_DEPLOY_KEY"}, .place = CVK_AUTH_HEADER,
     .name = "Authorization", .prefix = "Convex ",
     .summary = "Deploy key; acts as admin, or as the user that base64 of JSON behind a colon names"},
};

const cvk_api cvk_api_convex = {
    .name = "convex",
    .title = "Convex deployment",
    .url_environment = "CONVEX_URL",
    .accept = "application/json",
    .request_id_headers = LIST("Convex-Request-Id"),
    .not_executed_codes =
        LIST("OptimisticConcurrencyControlFailure", "TooManyConcurrentRequests", "ExpiredInQueue",
             "WorkerOverloaded", "ExecuteFullError", "IsolateNotClean", "InitialPermitTimeoutError",
             "UpstreamConnectError", "CommitterFullError", "AuthProviderDiscoveryFailed"),
    .error_shape = CVK_ERRORS_CONVEX,
    .anonymous = true,
    .shared_limit = true, /* what runs at once and what is written counts for all functions */
    AUTHS(auths),
    OPERATIONS(operations),
};
