---@meta convoke.meta.convex
-- Annotations of the Convex deployment for editors, written by `make meta`.

---@class convoke.convex.UserProfile
---@field _id string Profile id
---@field _creationTime number Creation, milliseconds
---@field userId string Whose profile it is
---@field role "admin"|"user"|string What the user may do

---@class convoke.convex.EditorParams: table<"language"|"content"|"lastUpdated"|"functionName"|"inputParameters", any>
---@field language string Programming language
---@field content string Text in the editor
---@field lastUpdated number Last edit, milliseconds
---@field functionName string Function to run
---@field inputParameters string[] Names of its parameters

---@class convoke.convex.TerminalParams: table<"output"|"isError"|"executionTime", any>
---@field output string What the run printed
---@field isError boolean Whether the run failed
---@field executionTime? number How long the run took

---@class convoke.convex.Timestamp
---@field ts string Nanoseconds since 1970 in base64 (at most 12 characters; at least 12 characters)

---@class convoke.convex.BatchQueryParams: table<"path"|"args"|"format", any>
---@field path string Which function: module:function
---@field args? table<string, any> Arguments of the function (default "{}")
---@field format? "json"|"convex_encoded_json" How values are written; json loses their types (default "convex_encoded_json")

---@class convoke.convex.BatchResult
---@field status "success"|"error"|string Whether the function has failed
---@field value? any What the function has returned
---@field errorMessage? string What was wrong
---@field errorData? any What the function has thrown
---@field logLines? string[] What the function has printed

---@class convoke.convex.BatchResults
---@field results convoke.convex.BatchResult[] In the order of the queries

---@class convoke.convex.Options: convoke.ClientOptions, table<"url"|"timeout"|"connect_timeout"|"retries"|"rate"|"rate_dict"|"max_in_flight"|"max_response_bytes"|"http_version"|"proxy"|"ca_file"|"cert"|"key"|"allow_http"|"user_agent"|"log"|"hooks"|"transport"|"token"|"deploy_key", any>
---@field token? string|fun(refused?: boolean): string OpenID Connect token of the user
---@field deploy_key? string Deploy key; acts as admin, or as the user that base64 of JSON behind a colon names; the environment variable CONVEX_DEPLOY_KEY

---@class convoke.convex.admins.create_user_profile.Params: table<"role", any>
---@field role "admin"|"user" Role to give

---@class convoke.convex.admins
local admins = {}

--- Return the caller's profile (callers must be admins).
---
--- `POST /api/run/admins/createUserProfile`, the vendor's `api_run_admins_create_user_profile_post`. A repeat changes no more than one call.
---@param params convoke.convex.admins.create_user_profile.Params
---@param options? convoke.CallOptions
---@return convoke.convex.UserProfile? value
---@return convoke.Error? err
---@return convoke.Meta? meta
---@return_overload convoke.convex.UserProfile, nil, convoke.Meta
---@return_overload nil, convoke.Error, nil
function admins:create_user_profile(params, options) end

---@class convoke.convex.editor_snapshots.create.Params: table<"sessionId"|"editor"|"terminal", any>
---@field sessionId string Id in table sessions
---@field editor convoke.convex.EditorParams State of the editor
---@field terminal convoke.convex.TerminalParams State of the terminal

---@class convoke.convex.editor_snapshots
local editor_snapshots = {}

--- Store the state of editor and terminal; returns the snapshot's id.
---
--- `POST /api/run/editorSnapshots/create`, the vendor's `api_run_editor_snapshots_create_post`.
---@param params convoke.convex.editor_snapshots.create.Params
---@param options? convoke.CallOptions
---@return string? value
---@return convoke.Error? err
---@return convoke.Meta? meta
---@return_overload string, nil, convoke.Meta
---@return_overload nil, convoke.Error, nil
function editor_snapshots:create(params, options) end

---@class convoke.convex.invite_codes.apply_invite_code.Params: table<"code", any>
---@field code string Invite code

---@class convoke.convex.invite_codes
local invite_codes = {}

--- Give the caller the role that the code stands for.
---
--- `POST /api/run/inviteCodes/applyInviteCode`, the vendor's `api_run_invite_codes_apply_invite_code_post`. A repeat changes no more than one call.
---@param params convoke.convex.invite_codes.apply_invite_code.Params
---@param options? convoke.CallOptions
---@return convoke.Null? value
---@return convoke.Error? err
---@return convoke.Meta? meta
---@return_overload convoke.Null, nil, convoke.Meta
---@return_overload nil, convoke.Error, nil
function invite_codes:apply_invite_code(params, options) end

---@class convoke.convex.sessions.create.Params: table<"questionId"|"agentThreadId"|"assistantId"|"functionName"|"inputParameters", any>
---@field questionId string Id in table questions
---@field agentThreadId string Thread of the interviewer
---@field assistantId string Interviewer
---@field functionName string Function to write
---@field inputParameters string[] Names of its parameters

---@class convoke.convex.sessions.end_session.Params: table<"sessionId", any>
---@field sessionId string Id in table sessions

---@class convoke.convex.sessions.start_session.Params: table<"sessionId", any>
---@field sessionId string Id in table sessions

---@class convoke.convex.sessions
local sessions = {}

--- Create an interview session; returns its id.
---
--- `POST /api/run/sessions/create`, the vendor's `api_run_sessions_create_post`.
---@param params convoke.convex.sessions.create.Params
---@param options? convoke.CallOptions
---@return string? value
---@return convoke.Error? err
---@return convoke.Meta? meta
---@return_overload string, nil, convoke.Meta
---@return_overload nil, convoke.Error, nil
function sessions:create(params, options) end

--- End a session.
---
--- `POST /api/run/sessions/endSession`, the vendor's `api_run_sessions_end_session_post`. A repeat changes no more than one call.
---@param params convoke.convex.sessions.end_session.Params
---@param options? convoke.CallOptions
---@return convoke.Null? value
---@return convoke.Error? err
---@return convoke.Meta? meta
---@return_overload convoke.Null, nil, convoke.Meta
---@return_overload nil, convoke.Error, nil
function sessions:end_session(params, options) end

--- Start a session; the server ends it ten minutes later.
---
--- `POST /api/run/sessions/startSession`, the vendor's `api_run_sessions_start_session_post`. A repeat changes no more than one call.
---@param params convoke.convex.sessions.start_session.Params
---@param options? convoke.CallOptions
---@return convoke.Null? value
---@return convoke.Error? err
---@return convoke.Meta? meta
---@return_overload convoke.Null, nil, convoke.Meta
---@return_overload nil, convoke.Error, nil
function sessions:start_session(params, options) end

---@class convoke.convex.mutation.Params: table<"path"|"args", any>
---@field path string Which function: module:function
---@field args? table<string, any> Arguments of the function (default "{}")

---@class convoke.convex.query.Params: table<"path"|"args", any>
---@field path string Which function: module:function
---@field args? table<string, any> Arguments of the function (default "{}")

---@class convoke.convex.action.Params: table<"path"|"args", any>
---@field path string Which function: module:function
---@field args? table<string, any> Arguments of the function (default "{}")

---@class convoke.convex.query_ts.Params

---@class convoke.convex.query_at_ts.Params: table<"path"|"args"|"ts", any>
---@field path string Which function: module:function
---@field args? table<string, any> Arguments of the function (default "{}")
---@field ts string Time that query_ts has given (at most 12 characters; at least 12 characters)

---@class convoke.convex.query_batch.Params: table<"queries", any>
---@field queries convoke.convex.BatchQueryParams[] What to ask

---@class convoke.convex.call_function.Params: table<"path"|"args"|"componentPath", any>
---@field path string Which function: module:function
---@field args? table<string, any> Arguments of the function (default "{}")
---@field componentPath? string|convoke.Null Component that has the function; null: the app itself

---@class convoke.convex.run.Params: table<"module"|"function"|"args", any>
---@field module string Module, such as dir/sessions
---@field ["function"] string Function of the module
---@field args? table<string, any> Arguments of the function (default "{}")

---@class convoke.convex.run.ParamsBesidePath: table<"module"|"function"|"args", any>
---@field module? string Module, such as dir/sessions
---@field ["function"]? string Function of the module
---@field args? table<string, any> Arguments of the function (default "{}")

---@class convoke.convex.Client: convoke.Client Convex deployment
---@field admins convoke.convex.admins
---@field editor_snapshots convoke.convex.editor_snapshots
---@field invite_codes convoke.convex.invite_codes
---@field sessions convoke.convex.sessions
local client = {}

--- Calls an operation by the vendor's name.
---@overload fun(self: convoke.convex.Client, id: "api_run_admins_create_user_profile_post", params: convoke.convex.admins.create_user_profile.Params, options?: convoke.CallOptions): convoke.convex.UserProfile?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.convex.Client, id: "api_run_editor_snapshots_create_post", params: convoke.convex.editor_snapshots.create.Params, options?: convoke.CallOptions): string?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.convex.Client, id: "api_run_invite_codes_apply_invite_code_post", params: convoke.convex.invite_codes.apply_invite_code.Params, options?: convoke.CallOptions): convoke.Null?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.convex.Client, id: "api_run_sessions_create_post", params: convoke.convex.sessions.create.Params, options?: convoke.CallOptions): string?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.convex.Client, id: "api_run_sessions_end_session_post", params: convoke.convex.sessions.end_session.Params, options?: convoke.CallOptions): convoke.Null?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.convex.Client, id: "api_run_sessions_start_session_post", params: convoke.convex.sessions.start_session.Params, options?: convoke.CallOptions): convoke.Null?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.convex.Client, id: "function", params: convoke.convex.call_function.Params, options?: convoke.CallOptions): any?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.convex.Client, id: "mutation", params: convoke.convex.mutation.Params, options?: convoke.CallOptions): any?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.convex.Client, id: "query", params: convoke.convex.query.Params, options?: convoke.CallOptions): any?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.convex.Client, id: "query_at_ts", params: convoke.convex.query_at_ts.Params, options?: convoke.CallOptions): any?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.convex.Client, id: "query_batch", params: convoke.convex.query_batch.Params, options?: convoke.CallOptions): convoke.QueryResult[]?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.convex.Client, id: "query_ts", params?: convoke.convex.query_ts.Params, options?: convoke.CallOptions): convoke.convex.Timestamp?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.convex.Client, id: "run", module: string, function_: string, params?: convoke.convex.run.ParamsBesidePath, options?: convoke.CallOptions): any?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.convex.Client, id: "run", params: convoke.convex.run.Params, options?: convoke.CallOptions): any?, convoke.Error?, convoke.Meta?
---@param id "action"
---@param params convoke.convex.action.Params
---@param options? convoke.CallOptions
---@return any?
---@return convoke.Error?
---@return convoke.Meta?
function client:call(id, params, options) end

--- Call any mutation of the deployment.
---
--- `POST /api/mutation`, the vendor's `mutation`.
---@param path string Such as "module:function"
---@param args? table<string, any> Arguments of the function
---@param options? convoke.CallOptions
---@return any? value
---@return convoke.Error? err
---@return convoke.Meta? meta
---@return_overload any, nil, convoke.Meta
---@return_overload nil, convoke.Error, nil
function client:mutation(path, args, options) end

--- Call any query of the deployment.
---
--- `POST /api/query`, the vendor's `query`. It only reads.
---@param path string Such as "module:function"
---@param args? table<string, any> Arguments of the function
---@param options? convoke.CallOptions
---@return any? value
---@return convoke.Error? err
---@return convoke.Meta? meta
---@return_overload any, nil, convoke.Meta
---@return_overload nil, convoke.Error, nil
function client:query(path, args, options) end

--- Call any action of the deployment; it may do things elsewhere.
---
--- `POST /api/action`, the vendor's `action`.
---@param path string Such as "module:function"
---@param args? table<string, any> Arguments of the function
---@param options? convoke.CallOptions
---@return any? value
---@return convoke.Error? err
---@return convoke.Meta? meta
---@return_overload any, nil, convoke.Meta
---@return_overload nil, convoke.Error, nil
function client:action(path, args, options) end

--- Ask for the latest time, for query_at_ts.
---
--- `POST /api/query_ts`, the vendor's `query_ts`. It only reads.
---@param options? convoke.CallOptions
---@return convoke.convex.Timestamp? value
---@return convoke.Error? err
---@return convoke.Meta? meta
---@return_overload convoke.convex.Timestamp, nil, convoke.Meta
---@return_overload nil, convoke.Error, nil
function client:query_ts(options) end

--- Call a query as of a time; calls with the same one see the same state.
---
--- `POST /api/query_at_ts`, the vendor's `query_at_ts`. It only reads.
---@param path string Such as "module:function"
---@param args? table<string, any> Arguments of the function
---@param ts string Time that query_ts has given
---@param options? convoke.CallOptions
---@return any? value
---@return convoke.Error? err
---@return convoke.Meta? meta
---@return_overload any, nil, convoke.Meta
---@return_overload nil, convoke.Error, nil
function client:query_at_ts(path, args, ts, options) end

--- Call queries together, all as of the same time.
---
--- `POST /api/query_batch`, the vendor's `query_batch`. It only reads.
---@param queries convoke.convex.BatchQueryParams[] What to ask
---@param options? convoke.CallOptions
---@return convoke.QueryResult[]? value
---@return convoke.Error? err
---@return convoke.Meta? meta
---@return_overload convoke.QueryResult[], nil, convoke.Meta
---@return_overload nil, convoke.Error, nil
function client:query_batch(queries, options) end

--- Call any function, internal ones too; wants a deploy key.
---
--- `POST /api/function`, the vendor's `function`.
---@param path string Such as "module:function"
---@param args? table<string, any> Arguments of the function
---@param options? convoke.CallOptions
---@return any? value
---@return convoke.Error? err
---@return convoke.Meta? meta
---@return_overload any, nil, convoke.Meta
---@return_overload nil, convoke.Error, nil
function client:call_function(path, args, options) end

--- Call any function of the app, of whatever kind it is.
---
--- `POST /api/run/{module}/{function}`, the vendor's `run`.
---@param path string Such as "module:function"
---@param args? table<string, any> Arguments of the function
---@param options? convoke.CallOptions
---@return any? value
---@return convoke.Error? err
---@return convoke.Meta? meta
---@return_overload any, nil, convoke.Meta
---@return_overload nil, convoke.Error, nil
function client:run(path, args, options) end

---@class convoke
---@field convex fun(options?: convoke.convex.Options): convoke.convex.Client Makes a client of the Convex deployment
