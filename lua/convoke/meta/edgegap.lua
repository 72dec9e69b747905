---@meta convoke.meta.edgegap
-- Annotations of the Edgegap API v1 for editors, written by `make meta`.

---@class convoke.edgegap.SessionUser
---@field ip string Address of the user
---@field latitude? number Degrees north
---@field longitude? number Degrees east

---@class convoke.edgegap.SessionUserContext
---@field session_users convoke.edgegap.SessionUser[] Users in the session

---@class convoke.edgegap.PortMapping
---@field external? integer Port that clients connect to (1 to 65535)
---@field internal? integer Port that the server listens on (1 to 65535)
---@field protocol? string TCP, UDP, ...
---@field name? string Name of the port
---@field tls_upgrade? boolean Whether TLS is added in front
---@field link? string Host and port to connect to
---@field proxy? integer Port of the proxy

---@class convoke.edgegap.DeploymentLocation
---@field city string City
---@field country string Country
---@field continent string Continent
---@field administrative_division string Division
---@field timezone string Time zone
---@field latitude number Degrees north
---@field longitude number Degrees east

---@class convoke.edgegap.Deployment
---@field request_id string Deployment id
---@field public_ip string Address to connect to
---@field status string An open set
---@field ready boolean Whether it runs
---@field whitelisting_active boolean Whether only listed addresses may connect
---@field fqdn string Host name to connect to
---@field ports? table<string, convoke.edgegap.PortMapping> Ports by name
---@field location? convoke.edgegap.DeploymentLocation Where it runs
---@field tags? string[] Its tags
---@field sockets? integer Sockets it has
---@field sockets_usage? integer Sockets in use
---@field is_joinable_by_session? boolean Whether sessions may be linked to it

---@class convoke.edgegap.SessionGet
---@field session_id string Session id
---@field custom_id? string A second id of the session
---@field status string Ready, Error and Unprocessable are final; other words mean still working
---@field ready boolean Whether users may connect
---@field linked boolean Whether it has a deployment
---@field kind string Seat, Match, Default, ...
---@field user_count integer Users in the session
---@field app_version integer Application version number
---@field create_time string Date and time with a space between and no zone
---@field elapsed integer Time since creation
---@field error? string What went wrong
---@field session_users? convoke.edgegap.SessionUser[] Users in the session
---@field session_ips? convoke.edgegap.SessionUser[] Addresses in the session
---@field deployment? convoke.edgegap.Deployment Present once linked
---@field webhook_url? string Who is told about changes

---@class convoke.edgegap.SessionContext
---@field session_id string Session id
---@field custom_id? string A second id of the session
---@field status string Ready, Error and Unprocessable are final; other words mean still working
---@field ready boolean Whether users may connect
---@field linked boolean Whether it has a deployment
---@field kind string Seat, Match, Default, ...
---@field user_count integer Users in the session
---@field deployment_request_id? string Its deployment
---@field webhook_url? string Who is told about changes

---@class convoke.edgegap.Paginator
---@field num_pages? integer Number of pages

---@class convoke.edgegap.Pagination
---@field number? integer This page
---@field next_page_number? integer The next page
---@field previous_page_number? integer The page before
---@field paginator? convoke.edgegap.Paginator About all pages
---@field has_next? boolean Whether a page follows
---@field has_previous? boolean Whether a page comes before

---@class convoke.edgegap.Sessions
---@field data? convoke.edgegap.SessionContext[] One page
---@field total_count? integer Sessions on all pages
---@field pagination? convoke.edgegap.Pagination Where this page lies

---@class convoke.edgegap.SessionDelete
---@field message string Text for a human
---@field session_id string Session id
---@field custom_id? string A second id of the session

---@class convoke.edgegap.GeoIpListModelParams: table<"ip"|"latitude"|"longitude", any>
---@field ip string Address of a user
---@field latitude number Degrees north
---@field longitude number Degrees east

---@class convoke.edgegap.LocationModelParams: table<"latitude"|"longitude", any>
---@field latitude number Degrees north
---@field longitude number Degrees east

---@class convoke.edgegap.SelectorEnvModelParams: table<"key"|"value", any>
---@field key string Name of the variable
---@field value string Its value

---@class convoke.edgegap.SelectorModelParams: table<"tag"|"tag_only"|"env", any>
---@field tag string Tag of a deployment (at most 20 characters; at least 1 characters)
---@field tag_only? boolean Only tag, do not filter (default false)
---@field env? convoke.edgegap.SelectorEnvModelParams Environment variable to set

---@class convoke.edgegap.SessionFilterModelParams: table<"field"|"values"|"filter_type", any>
---@field field string Property of a location
---@field values string[] Values to compare with
---@field filter_type "any"|"all"|"not" How the values must match

---@class convoke.edgegap.SelectorEnvModel
---@field key string Name of the variable
---@field value string Its value

---@class convoke.edgegap.SelectorModel
---@field tag string Tag of a deployment (at most 20 characters; at least 1 characters)
---@field tag_only? boolean Only tag, do not filter (default false)
---@field env? convoke.edgegap.SelectorEnvModel Environment variable to set

---@class convoke.edgegap.SessionRequest
---@field session_id string Session id
---@field custom_id? string A second id of the session
---@field app string Application
---@field version string Application version
---@field deployment_request_id? string Its deployment
---@field selectors? convoke.edgegap.SelectorModel[] As asked for
---@field webhook_url? string Who is told about changes

---@class convoke.edgegap.SessionBulkStopFiltersPayloadParams: table<"field"|"values"|"filter_type", any>
---@field field "session_id"|"deployment_tags"|"request_id" Property of a session
---@field values string[] Values to compare with
---@field filter_type "any"|"all"|"not" How the values must match

---@class convoke.edgegap.SessionStopResponse
---@field session_id string Session id

---@class convoke.edgegap.SessionBulkStopResponse
---@field processable convoke.edgegap.SessionStopResponse[] Sessions that will be stopped

---@class convoke.edgegap.DeploymentV2UserParams: table<"user_type"|"user_data", any>
---@field user_type string Ip_address or geo_coordinates (open set in the document)
---@field user_data table<string, any> Ip_address: {ip_address}

---@class convoke.edgegap.ResourcesParams: table<"cpu_units"|"memory_mib", any>
---@field cpu_units integer|convoke.Int64 1024 is one vCPU (from 100)
---@field memory_mib integer|convoke.Int64 At most twice cpu_units (from 100)

---@class convoke.edgegap.EnvironmentVariableParams: table<"key"|"value"|"is_hidden", any>
---@field key string Name
---@field value string Value
---@field is_hidden boolean Whether its value is hidden

---@class convoke.edgegap.BasicWebhookParams: table<"url", any>
---@field url string Where to call

---@class convoke.edgegap.DeploymentResponse
---@field request_id string Id of the deployment

---@class convoke.edgegap.DeploymentPort
---@field name string Name
---@field link string Host and port
---@field internal integer Port inside (0 to 59999)
---@field external integer Port from outside (0 to 59999)
---@field protocol string Protocol
---@field tls_upgrade boolean Whether it takes TLS (default false)

---@class convoke.edgegap.DeploymentStatus
---@field request_id string Id of the deployment
---@field fqdn string Host name
---@field public_ip string Address
---@field app_name string Application
---@field app_version string Version of the application
---@field current_status string Open set, seen as Status.SEEKING, Status.DEPLOYING, Status.READY, Status.ERROR, TERMINATED
---@field running boolean Ready for connections
---@field start_time string Start, no zone
---@field elapsed_time integer Seconds since the start
---@field max_duration integer Minutes until it is stopped (-1 to 1440)
---@field removal_time? string End, no zone
---@field last_status? string Status before
---@field error boolean Whether it has failed
---@field error_detail? string Why it has failed
---@field ports? table<string, convoke.edgegap.DeploymentPort> Ports by name
---@field location? convoke.edgegap.DeploymentLocation Where it is
---@field tags? string[] Its tags
---@field command? string Its command
---@field arguments? string Arguments of its command

---@class convoke.edgegap.DeploymentListItem
---@field request_id string Id of the deployment
---@field fqdn string Host name
---@field ready boolean Whether players can connect
---@field start_time string Start, no zone
---@field public_ip string Address
---@field ports? table<string, convoke.edgegap.DeploymentPort> Ports by name
---@field tags? string[] Its tags

---@class convoke.edgegap.DeploymentList
---@field data? convoke.edgegap.DeploymentListItem[] One page
---@field message? string[] For people
---@field total_count integer On all pages (from 0)
---@field pagination convoke.edgegap.Pagination What pages there are

---@class convoke.edgegap.StoppedDeployment
---@field message string For people
---@field deployment_summary? convoke.edgegap.DeploymentStatus The deployment as it was

---@class convoke.edgegap.DeploymentFilterParams: table<"field"|"values"|"filter_type", any>
---@field field "request_id"|"deployment_tags" What is compared
---@field values string[] What to compare with
---@field filter_type "any"|"all"|"not" How many of the values must match

---@class convoke.edgegap.StoppedDeployments
---@field processable convoke.edgegap.DeploymentResponse[] What will be stopped

---@class convoke.edgegap.CrashData
---@field exit_code? integer Exit status
---@field message? string For people
---@field restart_count? integer Restarts (from 0)

---@class convoke.edgegap.DeploymentLogs
---@field logs? string The logs
---@field crash_logs? string Logs of a crash
---@field crash_data? convoke.edgegap.CrashData How it crashed
---@field encoding? string Of the logs
---@field logs_link? string Where the logs are kept

---@class convoke.edgegap.DeploymentTag
---@field name string Name (at most 40 characters; at least 1 characters)
---@field create_time? string Creation, no zone
---@field last_updated? string Last change, no zone

---@class convoke.edgegap.DeploymentTags
---@field tags? convoke.edgegap.DeploymentTag[] Its tags
---@field total_count integer On all pages (from 0)
---@field pagination convoke.edgegap.Pagination What pages there are

---@class convoke.edgegap.Beacon
---@field host string Address
---@field fqdn? string Host name
---@field udp_port? integer UDP port (0 to 59999)
---@field tcp_port? integer TCP port (0 to 59999)
---@field location convoke.edgegap.DeploymentLocation Where it is

---@class convoke.edgegap.Beacons
---@field locations? convoke.edgegap.Beacon[] The beacons
---@field count integer Beacons in this answer

---@class convoke.edgegap.RelayUserParams: table<"ip", any>
---@field ip string Address

---@class convoke.edgegap.RelayFilterParams: table<"field"|"values"|"filter_type", any>
---@field field string What is compared
---@field values string[] What to compare with
---@field filter_type "any"|"all"|"not" How many of the values must match

---@class convoke.edgegap.RelaySessionUser
---@field ip_address? string Address
---@field latitude? number Latitude
---@field longitude? number Longitude
---@field authorization_token? integer What the relay knows it by (int64)

---@class convoke.edgegap.RelayServerPort
---@field port? integer Port
---@field protocol? string Protocol
---@field link? string Host and port

---@class convoke.edgegap.RelayClientPort
---@field port? integer Port
---@field protocol? string Protocol
---@field link? string Host and port

---@class convoke.edgegap.RelayPorts
---@field server? convoke.edgegap.RelayServerPort For the host
---@field client? convoke.edgegap.RelayClientPort For players

---@class convoke.edgegap.Relay
---@field ip? string Address
---@field host? string Address
---@field ports? convoke.edgegap.RelayPorts Ports by name

---@class convoke.edgegap.RelaySession
---@field session_id string Relay session, such as 7349356945f1-S
---@field authorization_token? integer What the relay knows it by (int64)
---@field status string Open set
---@field ready boolean Whether players can connect
---@field linked boolean Whether a relay has taken it
---@field error? string Whether it has failed
---@field session_users? convoke.edgegap.RelaySessionUser[] The users
---@field relay? convoke.edgegap.Relay The relay
---@field webhook_url? string Called when it changes

---@class convoke.edgegap.RelaySessions
---@field sessions? convoke.edgegap.RelaySession[] One page
---@field total_count integer On all pages (from 0)
---@field pagination convoke.edgegap.Pagination What pages there are

---@class convoke.edgegap.RelaySessionOfUser
---@field session_id string Relay session, such as 7349356945f1-S
---@field authorization_token? integer What the relay knows it by (int64)
---@field status string Open set
---@field ready boolean Whether players can connect
---@field linked boolean Whether a relay has taken it
---@field error? string Whether it has failed
---@field relay? convoke.edgegap.Relay The relay
---@field webhook_url? string Called when it changes
---@field session_user? convoke.edgegap.RelaySessionUser The user

---@class convoke.edgegap.Options: convoke.ClientOptions, table<"url"|"timeout"|"connect_timeout"|"retries"|"rate"|"rate_dict"|"max_in_flight"|"max_response_bytes"|"http_version"|"proxy"|"ca_file"|"cert"|"key"|"allow_http"|"user_agent"|"log"|"hooks"|"transport"|"token", any>
---@field token? string|fun(refused?: boolean): string API token, with or without the word token; the environment variable EDGEGAP_API_TOKEN, EDGEGAP_API_KEY

---@class convoke.edgegap.sessions.remove_users.Params: table<"session_id"|"ip_list", any>
---@field session_id string Session id, such as 950dd2eaff09-S
---@field ip_list string[] Addresses of the users

---@class convoke.edgegap.sessions.remove_users.ParamsBesidePath: table<"session_id"|"ip_list", any>
---@field session_id? string Session id, such as 950dd2eaff09-S
---@field ip_list string[] Addresses of the users

---@class convoke.edgegap.sessions.get.Params: table<"session_id", any>
---@field session_id string Session id, such as 950dd2eaff09-S

---@class convoke.edgegap.sessions.users.Params: table<"session_id", any>
---@field session_id string Session id, such as 950dd2eaff09-S

---@class convoke.edgegap.sessions.list.Params: table<"page"|"limit", any>
---@field page? integer|convoke.Int64 Page number from 1 (from 1; default 1)
---@field limit? integer|convoke.Int64 Results per page (from 1)

---@class convoke.edgegap.sessions.add_users.Params: table<"session_id"|"ip_list", any>
---@field session_id string Session id, such as 950dd2eaff09-S
---@field ip_list string[] Addresses of the users

---@class convoke.edgegap.sessions.add_users.ParamsBesidePath: table<"session_id"|"ip_list", any>
---@field session_id? string Session id, such as 950dd2eaff09-S
---@field ip_list string[] Addresses of the users

---@class convoke.edgegap.sessions.delete.Params: table<"session_id", any>
---@field session_id string Session id, such as 950dd2eaff09-S

---@class convoke.edgegap.sessions.create.Params: table<"app_name"|"version_name"|"ip_list"|"geo_ip_list"|"deployment_request_id"|"location"|"city"|"country"|"continent"|"administrative_division"|"region"|"selectors"|"webhook_url"|"filters"|"skip_telemetry", any>
---@field app_name string Application to run
---@field version_name? string Application version
---@field ip_list? string[] Addresses of the users
---@field geo_ip_list? convoke.edgegap.GeoIpListModelParams[] Addresses of the users, with coordinates
---@field deployment_request_id? string Link to this deployment
---@field location? convoke.edgegap.LocationModelParams Coordinates to be near to
---@field city? string City to run in
---@field country? string Country to run in
---@field continent? string Continent to run in
---@field administrative_division? string Division to run in
---@field region? string Region to run in
---@field selectors? convoke.edgegap.SelectorModelParams[] Filter deployments and tag them
---@field webhook_url? string Told when the session is linked, unprocessable or failed
---@field filters? convoke.edgegap.SessionFilterModelParams[] Filter locations
---@field skip_telemetry? boolean Decide by geography alone

---@class convoke.edgegap.sessions.bulk_stop.Params: table<"filters", any>
---@field filters convoke.edgegap.SessionBulkStopFiltersPayloadParams[] Which sessions to stop

---@class convoke.edgegap.sessions
local sessions = {}

--- Remove users from a session.
---
--- `DELETE /v1/session/{session_id}/users`, the vendor's `delete_users_session`. A repeat changes no more than one call.
---@overload fun(self: convoke.edgegap.sessions, params: convoke.edgegap.sessions.remove_users.Params, options?: convoke.CallOptions): convoke.edgegap.SessionUserContext?, convoke.Error?, convoke.Meta?
---@param session_id string Session id, such as 950dd2eaff09-S
---@param params convoke.edgegap.sessions.remove_users.ParamsBesidePath
---@param options? convoke.CallOptions
---@return convoke.edgegap.SessionUserContext? value
---@return convoke.Error? err
---@return convoke.Meta? meta
---@return_overload convoke.edgegap.SessionUserContext, nil, convoke.Meta
---@return_overload nil, convoke.Error, nil
function sessions:remove_users(session_id, params, options) end

--- Read a session.
---
--- `GET /v1/session/{session_id}`, the vendor's `get_session`. It only reads.
---@overload fun(self: convoke.edgegap.sessions, params: convoke.edgegap.sessions.get.Params, options?: convoke.CallOptions): convoke.edgegap.SessionGet?, convoke.Error?, convoke.Meta?
---@param session_id string Session id, such as 950dd2eaff09-S
---@param params? {}
---@param options? convoke.CallOptions
---@return convoke.edgegap.SessionGet? value
---@return convoke.Error? err
---@return convoke.Meta? meta
---@return_overload convoke.edgegap.SessionGet, nil, convoke.Meta
---@return_overload nil, convoke.Error, nil
function sessions:get(session_id, params, options) end

---@class convoke.edgegap.sessions.WaitOptions: table<"timeout"|"until"|"pause", any>
---@field timeout? number Seconds for all of it (default 60)
---@field ["until"]? "linked"|"ready" What is waited for (default "ready")
---@field pause? number Seconds before the second look (default 0.2)

--- Looks again and again until it is ready, or another state is reached.
---@param session_id string Session id, such as 950dd2eaff09-S
---@param options? convoke.edgegap.sessions.WaitOptions
---@return convoke.edgegap.SessionGet? value
---@return convoke.Error? err
---@return convoke.Meta? meta
---@return_overload convoke.edgegap.SessionGet, nil, convoke.Meta
---@return_overload nil, convoke.Error, nil
function sessions:wait(session_id, options) end

--- List the users of a session.
---
--- `GET /v1/session/{session_id}/users`, the vendor's `get_users_session`. It only reads.
---@overload fun(self: convoke.edgegap.sessions, params: convoke.edgegap.sessions.users.Params, options?: convoke.CallOptions): convoke.edgegap.SessionUserContext?, convoke.Error?, convoke.Meta?
---@param session_id string Session id, such as 950dd2eaff09-S
---@param params? {}
---@param options? convoke.CallOptions
---@return convoke.edgegap.SessionUserContext? value
---@return convoke.Error? err
---@return convoke.Meta? meta
---@return_overload convoke.edgegap.SessionUserContext, nil, convoke.Meta
---@return_overload nil, convoke.Error, nil
function sessions:users(session_id, params, options) end

--- List the active sessions.
---
--- `GET /v1/sessions`, the vendor's `list_sessions`. It only reads.
---@param params? convoke.edgegap.sessions.list.Params
---@param options? convoke.CallOptions
---@return convoke.edgegap.Sessions? value
---@return convoke.Error? err
---@return convoke.Meta? meta
---@return_overload convoke.edgegap.Sessions, nil, convoke.Meta
---@return_overload nil, convoke.Error, nil
function sessions:list(params, options) end

--- Walks all pages: List the active sessions. An error is raised.
---@param params? convoke.edgegap.sessions.list.Params
---@param options? convoke.CallOptions
---@return fun(): convoke.edgegap.SessionContext?
function sessions:each(params, options) end

--- Reads all pages: List the active sessions.
---@param params? convoke.edgegap.sessions.list.Params
---@param options? convoke.CallOptions
---@return convoke.edgegap.SessionContext[]? elements
---@return convoke.Error? err
---@return_overload convoke.edgegap.SessionContext[], nil
---@return_overload nil, convoke.Error
function sessions:all(params, options) end

--- Add users to a session.
---
--- `PUT /v1/session/{session_id}/users`, the vendor's `put_users_session`.
---@overload fun(self: convoke.edgegap.sessions, params: convoke.edgegap.sessions.add_users.Params, options?: convoke.CallOptions): convoke.edgegap.SessionUserContext?, convoke.Error?, convoke.Meta?
---@param session_id string Session id, such as 950dd2eaff09-S
---@param params convoke.edgegap.sessions.add_users.ParamsBesidePath
---@param options? convoke.CallOptions
---@return convoke.edgegap.SessionUserContext? value
---@return convoke.Error? err
---@return convoke.Meta? meta
---@return_overload convoke.edgegap.SessionUserContext, nil, convoke.Meta
---@return_overload nil, convoke.Error, nil
function sessions:add_users(session_id, params, options) end

--- Delete a session; its deployment keeps running.
---
--- `DELETE /v1/session/{session_id}`, the vendor's `session_delete`. A repeat changes no more than one call.
---@overload fun(self: convoke.edgegap.sessions, params: convoke.edgegap.sessions.delete.Params, options?: convoke.CallOptions): convoke.edgegap.SessionDelete?, convoke.Error?, convoke.Meta?
---@param session_id string Session id, such as 950dd2eaff09-S
---@param params? {}
---@param options? convoke.CallOptions
---@return convoke.edgegap.SessionDelete? value
---@return convoke.Error? err
---@return convoke.Meta? meta
---@return_overload convoke.edgegap.SessionDelete, nil, convoke.Meta
---@return_overload nil, convoke.Error, nil
function sessions:delete(session_id, params, options) end

--- Create a session; it becomes ready some time later.
---
--- `POST /v1/session`, the vendor's `session_post`.
---@param params convoke.edgegap.sessions.create.Params
---@param options? convoke.CallOptions
---@return convoke.edgegap.SessionRequest? value
---@return convoke.Error? err
---@return convoke.Meta? meta
---@return_overload convoke.edgegap.SessionRequest, nil, convoke.Meta
---@return_overload nil, convoke.Error, nil
function sessions:create(params, options) end

--- Delete for good every session that the filters match.
---
--- `POST /v1/sessions/bulk-stop`, the vendor's `sessions_bulk_stop`.
---@param params convoke.edgegap.sessions.bulk_stop.Params
---@param options? convoke.CallOptions
---@return convoke.edgegap.SessionBulkStopResponse? value
---@return convoke.Error? err
---@return convoke.Meta? meta
---@return_overload convoke.edgegap.SessionBulkStopResponse, nil, convoke.Meta
---@return_overload nil, convoke.Error, nil
function sessions:bulk_stop(params, options) end

---@class convoke.edgegap.deployments.create.Params: table<"application"|"version"|"users"|"resources"|"require_cached_locations"|"environment_variables"|"tags"|"webhook_on_ready"|"webhook_on_error"|"webhook_on_terminated", any>
---@field application string Application to run
---@field version string Version to run
---@field users convoke.edgegap.DeploymentV2UserParams[] Who will play (at least 1 elements)
---@field resources? convoke.edgegap.ResourcesParams What the server gets
---@field require_cached_locations? boolean|convoke.Null Only where the image is cached (default false)
---@field environment_variables? convoke.edgegap.EnvironmentVariableParams[] Variables of the server
---@field tags? string[] Its tags
---@field webhook_on_ready? convoke.edgegap.BasicWebhookParams Called when it is ready
---@field webhook_on_error? convoke.edgegap.BasicWebhookParams Called when it has failed
---@field webhook_on_terminated? convoke.edgegap.BasicWebhookParams Called when it has ended

---@class convoke.edgegap.deployments.get.Params: table<"deployment_id", any>
---@field deployment_id string Request_id of the create

---@class convoke.edgegap.deployments.list.Params: table<"query"|"page"|"limit", any>
---@field query? string JSON filter and order, see the filtering guide
---@field page? integer|convoke.Int64 Page number from 1 (from 1)
---@field limit? integer|convoke.Int64 Results per page (from 1)

---@class convoke.edgegap.deployments.stop.Params: table<"deployment_id"|"container_log_storage", any>
---@field deployment_id string Request_id of the create
---@field container_log_storage? string True, false, or the name of an endpoint storage

---@class convoke.edgegap.deployments.stop.ParamsBesidePath: table<"deployment_id"|"container_log_storage", any>
---@field deployment_id? string Request_id of the create
---@field container_log_storage? string True, false, or the name of an endpoint storage

---@class convoke.edgegap.deployments.bulk_stop.Params: table<"filters", any>
---@field filters convoke.edgegap.DeploymentFilterParams[] Which ones

---@class convoke.edgegap.deployments.stop_self.Params: table<"deployment_id"|"stop_key"|"container_log_storage", any>
---@field deployment_id string Request_id of the create
---@field stop_key string Key in ARBITRIUM_DELETE_URL
---@field container_log_storage? string True, false, or the name of an endpoint storage

---@class convoke.edgegap.deployments.stop_self.ParamsBesidePath: table<"deployment_id"|"stop_key"|"container_log_storage", any>
---@field deployment_id? string Request_id of the create
---@field stop_key? string Key in ARBITRIUM_DELETE_URL
---@field container_log_storage? string True, false, or the name of an endpoint storage

---@class convoke.edgegap.deployments.logs.Params: table<"deployment_id", any>
---@field deployment_id string Request_id of the create

---@class convoke.edgegap.deployments
local deployments = {}

--- Start a server near its users; it becomes ready some time later.
---
--- `POST /v2/deployments`, the vendor's `v2_deployment_create`.
---@param params convoke.edgegap.deployments.create.Params
---@param options? convoke.CallOptions
---@return convoke.edgegap.DeploymentResponse? value
---@return convoke.Error? err
---@return convoke.Meta? meta
---@return_overload convoke.edgegap.DeploymentResponse, nil, convoke.Meta
---@return_overload nil, convoke.Error, nil
function deployments:create(params, options) end

--- Read the state of a deployment.
---
--- `GET /v1/status/{deployment_id}`, the vendor's `deployment_get`. It only reads.
---@overload fun(self: convoke.edgegap.deployments, params: convoke.edgegap.deployments.get.Params, options?: convoke.CallOptions): convoke.edgegap.DeploymentStatus?, convoke.Error?, convoke.Meta?
---@param deployment_id string Request_id of the create
---@param params? {}
---@param options? convoke.CallOptions
---@return convoke.edgegap.DeploymentStatus? value
---@return convoke.Error? err
---@return convoke.Meta? meta
---@return_overload convoke.edgegap.DeploymentStatus, nil, convoke.Meta
---@return_overload nil, convoke.Error, nil
function deployments:get(deployment_id, params, options) end

---@class convoke.edgegap.deployments.WaitOptions: table<"timeout"|"until"|"pause", any>
---@field timeout? number Seconds for all of it (default 180)
---@field ["until"]? "ready"|"terminated" What is waited for (default "ready")
---@field pause? number Seconds before the second look (default 2)

--- Looks again and again until it is ready, or another state is reached.
---@param deployment_id string Request_id of the create
---@param options? convoke.edgegap.deployments.WaitOptions
---@return convoke.edgegap.DeploymentStatus? value
---@return convoke.Error? err
---@return convoke.Meta? meta
---@return_overload convoke.edgegap.DeploymentStatus, nil, convoke.Meta
---@return_overload nil, convoke.Error, nil
function deployments:wait(deployment_id, options) end

--- List the active deployments.
---
--- `GET /v1/deployments`, the vendor's `deployment_list`. It only reads.
---@param params? convoke.edgegap.deployments.list.Params
---@param options? convoke.CallOptions
---@return convoke.edgegap.DeploymentList? value
---@return convoke.Error? err
---@return convoke.Meta? meta
---@return_overload convoke.edgegap.DeploymentList, nil, convoke.Meta
---@return_overload nil, convoke.Error, nil
function deployments:list(params, options) end

--- Walks all pages: List the active deployments. An error is raised.
---@param params? convoke.edgegap.deployments.list.Params
---@param options? convoke.CallOptions
---@return fun(): convoke.edgegap.DeploymentListItem?
function deployments:each(params, options) end

--- Reads all pages: List the active deployments.
---@param params? convoke.edgegap.deployments.list.Params
---@param options? convoke.CallOptions
---@return convoke.edgegap.DeploymentListItem[]? elements
---@return convoke.Error? err
---@return_overload convoke.edgegap.DeploymentListItem[], nil
---@return_overload nil, convoke.Error
function deployments:all(params, options) end

--- Stop a deployment.
---
--- `DELETE /v1/stop/{deployment_id}`, the vendor's `deployment_delete`. A repeat changes no more than one call.
---@overload fun(self: convoke.edgegap.deployments, params: convoke.edgegap.deployments.stop.Params, options?: convoke.CallOptions): convoke.edgegap.StoppedDeployment?, convoke.Error?, convoke.Meta?
---@param deployment_id string Request_id of the create
---@param params? convoke.edgegap.deployments.stop.ParamsBesidePath
---@param options? convoke.CallOptions
---@return convoke.edgegap.StoppedDeployment? value
---@return convoke.Error? err
---@return convoke.Meta? meta
---@return_overload convoke.edgegap.StoppedDeployment, nil, convoke.Meta
---@return_overload nil, convoke.Error, nil
function deployments:stop(deployment_id, params, options) end

--- Stop every deployment that the filters match.
---
--- `POST /v1/deployments/bulk-stop`, the vendor's `deployment_bulk_delete`.
---@param params convoke.edgegap.deployments.bulk_stop.Params
---@param options? convoke.CallOptions
---@return convoke.edgegap.StoppedDeployments? value
---@return convoke.Error? err
---@return convoke.Meta? meta
---@return_overload convoke.edgegap.StoppedDeployments, nil, convoke.Meta
---@return_overload nil, convoke.Error, nil
function deployments:bulk_stop(params, options) end

--- Stop the deployment in which the caller runs.
---
--- `DELETE /v1/self/stop/{deployment_id}/{stop_key}`, the vendor's `deployment_self_delete`. A repeat changes no more than one call.
---@overload fun(self: convoke.edgegap.deployments, params: convoke.edgegap.deployments.stop_self.Params, options?: convoke.CallOptions): table<string, any>?, convoke.Error?, convoke.Meta?
---@param deployment_id string Request_id of the create
---@param stop_key string Key in ARBITRIUM_DELETE_URL
---@param params? convoke.edgegap.deployments.stop_self.ParamsBesidePath
---@param options? convoke.CallOptions
---@return table<string, any>? value
---@return convoke.Error? err
---@return convoke.Meta? meta
---@return_overload table<string, any>, nil, convoke.Meta
---@return_overload nil, convoke.Error, nil
function deployments:stop_self(deployment_id, stop_key, params, options) end

--- Read the logs of a deployment.
---
--- `GET /v1/deployment/{deployment_id}/container-logs`, the vendor's `deployment_logs_get`. It only reads.
---@overload fun(self: convoke.edgegap.deployments, params: convoke.edgegap.deployments.logs.Params, options?: convoke.CallOptions): convoke.edgegap.DeploymentLogs?, convoke.Error?, convoke.Meta?
---@param deployment_id string Request_id of the create
---@param params? {}
---@param options? convoke.CallOptions
---@return convoke.edgegap.DeploymentLogs? value
---@return convoke.Error? err
---@return convoke.Meta? meta
---@return_overload convoke.edgegap.DeploymentLogs, nil, convoke.Meta
---@return_overload nil, convoke.Error, nil
function deployments:logs(deployment_id, params, options) end

---@class convoke.edgegap.deployment_tags.create.Params: table<"deployment_id"|"name", any>
---@field deployment_id string Request_id of the create
---@field name string Name (at most 40 characters; at least 1 characters)

---@class convoke.edgegap.deployment_tags.create.ParamsBesidePath: table<"deployment_id"|"name", any>
---@field deployment_id? string Request_id of the create
---@field name string Name (at most 40 characters; at least 1 characters)

---@class convoke.edgegap.deployment_tags.list.Params: table<"deployment_id"|"page"|"limit", any>
---@field deployment_id string Request_id of the create
---@field page? integer|convoke.Int64 Page number from 1 (from 1)
---@field limit? integer|convoke.Int64 Results per page (from 1)

---@class convoke.edgegap.deployment_tags.list.ParamsBesidePath: table<"deployment_id"|"page"|"limit", any>
---@field deployment_id? string Request_id of the create
---@field page? integer|convoke.Int64 Page number from 1 (from 1)
---@field limit? integer|convoke.Int64 Results per page (from 1)

---@class convoke.edgegap.deployment_tags.get.Params: table<"deployment_id"|"tag_name", any>
---@field deployment_id string Request_id of the create
---@field tag_name string The tag

---@class convoke.edgegap.deployment_tags.update.Params: table<"deployment_id"|"tag_name"|"name", any>
---@field deployment_id string Request_id of the create
---@field tag_name string The tag
---@field name string Name (at most 40 characters; at least 1 characters)

---@class convoke.edgegap.deployment_tags.update.ParamsBesidePath: table<"deployment_id"|"tag_name"|"name", any>
---@field deployment_id? string Request_id of the create
---@field tag_name? string The tag
---@field name string Name (at most 40 characters; at least 1 characters)

---@class convoke.edgegap.deployment_tags.delete.Params: table<"deployment_id"|"tag_name", any>
---@field deployment_id string Request_id of the create
---@field tag_name string The tag

---@class convoke.edgegap.deployment_tags
local deployment_tags = {}

--- Tag a deployment.
---
--- `POST /v1/deployments/{deployment_id}/tags`, the vendor's `deployment_tag_create`.
---@overload fun(self: convoke.edgegap.deployment_tags, params: convoke.edgegap.deployment_tags.create.Params, options?: convoke.CallOptions): convoke.edgegap.DeploymentTag?, convoke.Error?, convoke.Meta?
---@param deployment_id string Request_id of the create
---@param params convoke.edgegap.deployment_tags.create.ParamsBesidePath
---@param options? convoke.CallOptions
---@return convoke.edgegap.DeploymentTag? value
---@return convoke.Error? err
---@return convoke.Meta? meta
---@return_overload convoke.edgegap.DeploymentTag, nil, convoke.Meta
---@return_overload nil, convoke.Error, nil
function deployment_tags:create(deployment_id, params, options) end

--- List the tags of a deployment.
---
--- `GET /v1/deployments/{deployment_id}/tags`, the vendor's `deployment_tag_list`. It only reads.
---@overload fun(self: convoke.edgegap.deployment_tags, params: convoke.edgegap.deployment_tags.list.Params, options?: convoke.CallOptions): convoke.edgegap.DeploymentTags?, convoke.Error?, convoke.Meta?
---@param deployment_id string Request_id of the create
---@param params? convoke.edgegap.deployment_tags.list.ParamsBesidePath
---@param options? convoke.CallOptions
---@return convoke.edgegap.DeploymentTags? value
---@return convoke.Error? err
---@return convoke.Meta? meta
---@return_overload convoke.edgegap.DeploymentTags, nil, convoke.Meta
---@return_overload nil, convoke.Error, nil
function deployment_tags:list(deployment_id, params, options) end

--- Walks all pages: List the tags of a deployment. An error is raised.
---@overload fun(self: convoke.edgegap.deployment_tags, params: convoke.edgegap.deployment_tags.list.Params, options?: convoke.CallOptions): fun(): convoke.edgegap.DeploymentTag?
---@param deployment_id string Request_id of the create
---@param params? convoke.edgegap.deployment_tags.list.ParamsBesidePath
---@param options? convoke.CallOptions
---@return fun(): convoke.edgegap.DeploymentTag?
function deployment_tags:each(deployment_id, params, options) end

--- Reads all pages: List the tags of a deployment.
---@overload fun(self: convoke.edgegap.deployment_tags, params: convoke.edgegap.deployment_tags.list.Params, options?: convoke.CallOptions): convoke.edgegap.DeploymentTag[]?, convoke.Error?
---@param deployment_id string Request_id of the create
---@param params? convoke.edgegap.deployment_tags.list.ParamsBesidePath
---@param options? convoke.CallOptions
---@return convoke.edgegap.DeploymentTag[]? elements
---@return convoke.Error? err
---@return_overload convoke.edgegap.DeploymentTag[], nil
---@return_overload nil, convoke.Error
function deployment_tags:all(deployment_id, params, options) end

--- Read a tag of a deployment.
---
--- `GET /v1/deployments/{deployment_id}/tags/{tag_name}`, the vendor's `deployment_tag_get`. It only reads.
---@overload fun(self: convoke.edgegap.deployment_tags, params: convoke.edgegap.deployment_tags.get.Params, options?: convoke.CallOptions): convoke.edgegap.DeploymentTag?, convoke.Error?, convoke.Meta?
---@param deployment_id string Request_id of the create
---@param tag_name string The tag
---@param params? {}
---@param options? convoke.CallOptions
---@return convoke.edgegap.DeploymentTag? value
---@return convoke.Error? err
---@return convoke.Meta? meta
---@return_overload convoke.edgegap.DeploymentTag, nil, convoke.Meta
---@return_overload nil, convoke.Error, nil
function deployment_tags:get(deployment_id, tag_name, params, options) end

--- Rename a tag of a deployment.
---
--- `PATCH /v1/deployments/{deployment_id}/tags/{tag_name}`, the vendor's `deployment_tag_update`.
---@overload fun(self: convoke.edgegap.deployment_tags, params: convoke.edgegap.deployment_tags.update.Params, options?: convoke.CallOptions): convoke.edgegap.DeploymentTag?, convoke.Error?, convoke.Meta?
---@param deployment_id string Request_id of the create
---@param tag_name string The tag
---@param params convoke.edgegap.deployment_tags.update.ParamsBesidePath
---@param options? convoke.CallOptions
---@return convoke.edgegap.DeploymentTag? value
---@return convoke.Error? err
---@return convoke.Meta? meta
---@return_overload convoke.edgegap.DeploymentTag, nil, convoke.Meta
---@return_overload nil, convoke.Error, nil
function deployment_tags:update(deployment_id, tag_name, params, options) end

--- Take a tag off a deployment.
---
--- `DELETE /v1/deployments/{deployment_id}/tags/{tag_name}`, the vendor's `deployment_tag_delete`. A repeat changes no more than one call.
---@overload fun(self: convoke.edgegap.deployment_tags, params: convoke.edgegap.deployment_tags.delete.Params, options?: convoke.CallOptions): true?, convoke.Error?, convoke.Meta?
---@param deployment_id string Request_id of the create
---@param tag_name string The tag
---@param params? {}
---@param options? convoke.CallOptions
---@return true? value
---@return convoke.Error? err
---@return convoke.Meta? meta
---@return_overload true, nil, convoke.Meta
---@return_overload nil, convoke.Error, nil
function deployment_tags:delete(deployment_id, tag_name, params, options) end

---@class convoke.edgegap.beacons.list.Params: table<"page"|"limit", any>
---@field page? integer|convoke.Int64 Page number from 1 (from 1)
---@field limit? integer|convoke.Int64 Results per page (from 1)

---@class convoke.edgegap.beacons
local beacons = {}

--- List the beacons, to which players measure their distance.
---
--- `GET /v1/locations/beacons`, the vendor's `beacon_list`. It only reads.
---@param params? convoke.edgegap.beacons.list.Params
---@param options? convoke.CallOptions
---@return convoke.edgegap.Beacons? value
---@return convoke.Error? err
---@return convoke.Meta? meta
---@return_overload convoke.edgegap.Beacons, nil, convoke.Meta
---@return_overload nil, convoke.Error, nil
function beacons:list(params, options) end

--- Walks all pages: List the beacons, to which players measure their distance. An error is raised.
---@param params? convoke.edgegap.beacons.list.Params
---@param options? convoke.CallOptions
---@return fun(): convoke.edgegap.Beacon?
function beacons:each(params, options) end

--- Reads all pages: List the beacons, to which players measure their distance.
---@param params? convoke.edgegap.beacons.list.Params
---@param options? convoke.CallOptions
---@return convoke.edgegap.Beacon[]? elements
---@return convoke.Error? err
---@return_overload convoke.edgegap.Beacon[], nil
---@return_overload nil, convoke.Error
function beacons:all(params, options) end

---@class convoke.edgegap.relay_sessions.create.Params: table<"users"|"filters"|"webhook_url", any>
---@field users convoke.edgegap.RelayUserParams[] Who will play (at least 1 elements)
---@field filters? convoke.edgegap.RelayFilterParams[] Which ones
---@field webhook_url? string Called when it changes

---@class convoke.edgegap.relay_sessions.list.Params: table<"page"|"limit", any>
---@field page? integer|convoke.Int64 Page number from 1 (from 1)
---@field limit? integer|convoke.Int64 Results per page (from 1)

---@class convoke.edgegap.relay_sessions.get.Params: table<"session_id", any>
---@field session_id string Relay session, such as 7349356945f1-S

---@class convoke.edgegap.relay_sessions.delete.Params: table<"session_id", any>
---@field session_id string Relay session, such as 7349356945f1-S

---@class convoke.edgegap.relay_sessions.authorize_user.Params: table<"session_id"|"user_ip", any>
---@field session_id string Relay session, such as 7349356945f1-S
---@field user_ip string Address of the user

---@class convoke.edgegap.relay_sessions.revoke_user.Params: table<"session_id"|"authorization_token", any>
---@field session_id string Relay session, such as 7349356945f1-S
---@field authorization_token integer|convoke.Int64 What the relay knows it by (int64)

---@class convoke.edgegap.relay_sessions
local relay_sessions = {}

--- Create a relay session; it becomes ready some time later.
---
--- `POST /v1/relays/sessions`, the vendor's `relay_session_create`.
---@param params convoke.edgegap.relay_sessions.create.Params
---@param options? convoke.CallOptions
---@return convoke.edgegap.RelaySession? value
---@return convoke.Error? err
---@return convoke.Meta? meta
---@return_overload convoke.edgegap.RelaySession, nil, convoke.Meta
---@return_overload nil, convoke.Error, nil
function relay_sessions:create(params, options) end

--- List the relay sessions.
---
--- `GET /v1/relays/sessions`, the vendor's `relay_session_list`. It only reads.
---@param params? convoke.edgegap.relay_sessions.list.Params
---@param options? convoke.CallOptions
---@return convoke.edgegap.RelaySessions? value
---@return convoke.Error? err
---@return convoke.Meta? meta
---@return_overload convoke.edgegap.RelaySessions, nil, convoke.Meta
---@return_overload nil, convoke.Error, nil
function relay_sessions:list(params, options) end

--- Walks all pages: List the relay sessions. An error is raised.
---@param params? convoke.edgegap.relay_sessions.list.Params
---@param options? convoke.CallOptions
---@return fun(): convoke.edgegap.RelaySession?
function relay_sessions:each(params, options) end

--- Reads all pages: List the relay sessions.
---@param params? convoke.edgegap.relay_sessions.list.Params
---@param options? convoke.CallOptions
---@return convoke.edgegap.RelaySession[]? elements
---@return convoke.Error? err
---@return_overload convoke.edgegap.RelaySession[], nil
---@return_overload nil, convoke.Error
function relay_sessions:all(params, options) end

--- Read a relay session.
---
--- `GET /v1/relays/sessions/{session_id}`, the vendor's `relay_session_get`. It only reads.
---@overload fun(self: convoke.edgegap.relay_sessions, params: convoke.edgegap.relay_sessions.get.Params, options?: convoke.CallOptions): convoke.edgegap.RelaySession?, convoke.Error?, convoke.Meta?
---@param session_id string Relay session, such as 7349356945f1-S
---@param params? {}
---@param options? convoke.CallOptions
---@return convoke.edgegap.RelaySession? value
---@return convoke.Error? err
---@return convoke.Meta? meta
---@return_overload convoke.edgegap.RelaySession, nil, convoke.Meta
---@return_overload nil, convoke.Error, nil
function relay_sessions:get(session_id, params, options) end

---@class convoke.edgegap.relay_sessions.WaitOptions: table<"timeout"|"until"|"pause", any>
---@field timeout? number Seconds for all of it (default 180)
---@field ["until"]? "linked"|"ready" What is waited for (default "ready")
---@field pause? number Seconds before the second look (default 2)

--- Looks again and again until it is ready, or another state is reached.
---@param session_id string Relay session, such as 7349356945f1-S
---@param options? convoke.edgegap.relay_sessions.WaitOptions
---@return convoke.edgegap.RelaySession? value
---@return convoke.Error? err
---@return convoke.Meta? meta
---@return_overload convoke.edgegap.RelaySession, nil, convoke.Meta
---@return_overload nil, convoke.Error, nil
function relay_sessions:wait(session_id, options) end

--- Delete a relay session.
---
--- `DELETE /v1/relays/sessions/{session_id}`, the vendor's `relay_session_delete`. A repeat changes no more than one call.
---@overload fun(self: convoke.edgegap.relay_sessions, params: convoke.edgegap.relay_sessions.delete.Params, options?: convoke.CallOptions): true?, convoke.Error?, convoke.Meta?
---@param session_id string Relay session, such as 7349356945f1-S
---@param params? {}
---@param options? convoke.CallOptions
---@return true? value
---@return convoke.Error? err
---@return convoke.Meta? meta
---@return_overload true, nil, convoke.Meta
---@return_overload nil, convoke.Error, nil
function relay_sessions:delete(session_id, params, options) end

--- Let a user into a relay session.
---
--- `POST /v1/relays/sessions:authorize-user`, the vendor's `relay_user_authorize`.
---@param params convoke.edgegap.relay_sessions.authorize_user.Params
---@param options? convoke.CallOptions
---@return convoke.edgegap.RelaySessionOfUser? value
---@return convoke.Error? err
---@return convoke.Meta? meta
---@return_overload convoke.edgegap.RelaySessionOfUser, nil, convoke.Meta
---@return_overload nil, convoke.Error, nil
function relay_sessions:authorize_user(params, options) end

--- Take a user out of a relay session.
---
--- `POST /v1/relays/sessions:revoke-user`, the vendor's `relay_user_revoke`. A repeat changes no more than one call.
---@param params convoke.edgegap.relay_sessions.revoke_user.Params
---@param options? convoke.CallOptions
---@return convoke.edgegap.RelaySession|true|nil value
---@return convoke.Error? err
---@return convoke.Meta? meta
---@return_overload convoke.edgegap.RelaySession|true, nil, convoke.Meta
---@return_overload nil, convoke.Error, nil
function relay_sessions:revoke_user(params, options) end

---@class convoke.edgegap.Client: convoke.Client Edgegap API v1
---@field sessions convoke.edgegap.sessions
---@field deployments convoke.edgegap.deployments
---@field deployment_tags convoke.edgegap.deployment_tags
---@field beacons convoke.edgegap.beacons
---@field relay_sessions convoke.edgegap.relay_sessions
local client = {}

--- Calls an operation by the vendor's name.
---@overload fun(self: convoke.edgegap.Client, id: "delete_users_session", session_id: string, params: convoke.edgegap.sessions.remove_users.ParamsBesidePath, options?: convoke.CallOptions): convoke.edgegap.SessionUserContext?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.edgegap.Client, id: "delete_users_session", params: convoke.edgegap.sessions.remove_users.Params, options?: convoke.CallOptions): convoke.edgegap.SessionUserContext?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.edgegap.Client, id: "deployment_bulk_delete", params: convoke.edgegap.deployments.bulk_stop.Params, options?: convoke.CallOptions): convoke.edgegap.StoppedDeployments?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.edgegap.Client, id: "deployment_delete", deployment_id: string, params?: convoke.edgegap.deployments.stop.ParamsBesidePath, options?: convoke.CallOptions): convoke.edgegap.StoppedDeployment?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.edgegap.Client, id: "deployment_delete", params: convoke.edgegap.deployments.stop.Params, options?: convoke.CallOptions): convoke.edgegap.StoppedDeployment?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.edgegap.Client, id: "deployment_get", deployment_id: string, params?: {}, options?: convoke.CallOptions): convoke.edgegap.DeploymentStatus?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.edgegap.Client, id: "deployment_get", params: convoke.edgegap.deployments.get.Params, options?: convoke.CallOptions): convoke.edgegap.DeploymentStatus?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.edgegap.Client, id: "deployment_list", params?: convoke.edgegap.deployments.list.Params, options?: convoke.CallOptions): convoke.edgegap.DeploymentList?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.edgegap.Client, id: "deployment_logs_get", deployment_id: string, params?: {}, options?: convoke.CallOptions): convoke.edgegap.DeploymentLogs?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.edgegap.Client, id: "deployment_logs_get", params: convoke.edgegap.deployments.logs.Params, options?: convoke.CallOptions): convoke.edgegap.DeploymentLogs?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.edgegap.Client, id: "deployment_self_delete", deployment_id: string, stop_key: string, params?: convoke.edgegap.deployments.stop_self.ParamsBesidePath, options?: convoke.CallOptions): table<string, any>?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.edgegap.Client, id: "deployment_self_delete", params: convoke.edgegap.deployments.stop_self.Params, options?: convoke.CallOptions): table<string, any>?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.edgegap.Client, id: "deployment_tag_create", deployment_id: string, params: convoke.edgegap.deployment_tags.create.ParamsBesidePath, options?: convoke.CallOptions): convoke.edgegap.DeploymentTag?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.edgegap.Client, id: "deployment_tag_create", params: convoke.edgegap.deployment_tags.create.Params, options?: convoke.CallOptions): convoke.edgegap.DeploymentTag?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.edgegap.Client, id: "deployment_tag_delete", deployment_id: string, tag_name: string, params?: {}, options?: convoke.CallOptions): true?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.edgegap.Client, id: "deployment_tag_delete", params: convoke.edgegap.deployment_tags.delete.Params, options?: convoke.CallOptions): true?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.edgegap.Client, id: "deployment_tag_get", deployment_id: string, tag_name: string, params?: {}, options?: convoke.CallOptions): convoke.edgegap.DeploymentTag?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.edgegap.Client, id: "deployment_tag_get", params: convoke.edgegap.deployment_tags.get.Params, options?: convoke.CallOptions): convoke.edgegap.DeploymentTag?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.edgegap.Client, id: "deployment_tag_list", deployment_id: string, params?: convoke.edgegap.deployment_tags.list.ParamsBesidePath, options?: convoke.CallOptions): convoke.edgegap.DeploymentTags?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.edgegap.Client, id: "deployment_tag_list", params: convoke.edgegap.deployment_tags.list.Params, options?: convoke.CallOptions): convoke.edgegap.DeploymentTags?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.edgegap.Client, id: "deployment_tag_update", deployment_id: string, tag_name: string, params: convoke.edgegap.deployment_tags.update.ParamsBesidePath, options?: convoke.CallOptions): convoke.edgegap.DeploymentTag?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.edgegap.Client, id: "deployment_tag_update", params: convoke.edgegap.deployment_tags.update.Params, options?: convoke.CallOptions): convoke.edgegap.DeploymentTag?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.edgegap.Client, id: "get_session", session_id: string, params?: {}, options?: convoke.CallOptions): convoke.edgegap.SessionGet?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.edgegap.Client, id: "get_session", params: convoke.edgegap.sessions.get.Params, options?: convoke.CallOptions): convoke.edgegap.SessionGet?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.edgegap.Client, id: "get_users_session", session_id: string, params?: {}, options?: convoke.CallOptions): convoke.edgegap.SessionUserContext?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.edgegap.Client, id: "get_users_session", params: convoke.edgegap.sessions.users.Params, options?: convoke.CallOptions): convoke.edgegap.SessionUserContext?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.edgegap.Client, id: "list_sessions", params?: convoke.edgegap.sessions.list.Params, options?: convoke.CallOptions): convoke.edgegap.Sessions?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.edgegap.Client, id: "put_users_session", session_id: string, params: convoke.edgegap.sessions.add_users.ParamsBesidePath, options?: convoke.CallOptions): convoke.edgegap.SessionUserContext?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.edgegap.Client, id: "put_users_session", params: convoke.edgegap.sessions.add_users.Params, options?: convoke.CallOptions): convoke.edgegap.SessionUserContext?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.edgegap.Client, id: "relay_session_create", params: convoke.edgegap.relay_sessions.create.Params, options?: convoke.CallOptions): convoke.edgegap.RelaySession?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.edgegap.Client, id: "relay_session_delete", session_id: string, params?: {}, options?: convoke.CallOptions): true?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.edgegap.Client, id: "relay_session_delete", params: convoke.edgegap.relay_sessions.delete.Params, options?: convoke.CallOptions): true?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.edgegap.Client, id: "relay_session_get", session_id: string, params?: {}, options?: convoke.CallOptions): convoke.edgegap.RelaySession?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.edgegap.Client, id: "relay_session_get", params: convoke.edgegap.relay_sessions.get.Params, options?: convoke.CallOptions): convoke.edgegap.RelaySession?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.edgegap.Client, id: "relay_session_list", params?: convoke.edgegap.relay_sessions.list.Params, options?: convoke.CallOptions): convoke.edgegap.RelaySessions?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.edgegap.Client, id: "relay_user_authorize", params: convoke.edgegap.relay_sessions.authorize_user.Params, options?: convoke.CallOptions): convoke.edgegap.RelaySessionOfUser?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.edgegap.Client, id: "relay_user_revoke", params: convoke.edgegap.relay_sessions.revoke_user.Params, options?: convoke.CallOptions): convoke.edgegap.RelaySession|true|nil, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.edgegap.Client, id: "session_delete", session_id: string, params?: {}, options?: convoke.CallOptions): convoke.edgegap.SessionDelete?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.edgegap.Client, id: "session_delete", params: convoke.edgegap.sessions.delete.Params, options?: convoke.CallOptions): convoke.edgegap.SessionDelete?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.edgegap.Client, id: "session_post", params: convoke.edgegap.sessions.create.Params, options?: convoke.CallOptions): convoke.edgegap.SessionRequest?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.edgegap.Client, id: "sessions_bulk_stop", params: convoke.edgegap.sessions.bulk_stop.Params, options?: convoke.CallOptions): convoke.edgegap.SessionBulkStopResponse?, convoke.Error?, convoke.Meta?
---@overload fun(self: convoke.edgegap.Client, id: "v2_deployment_create", params: convoke.edgegap.deployments.create.Params, options?: convoke.CallOptions): convoke.edgegap.DeploymentResponse?, convoke.Error?, convoke.Meta?
---@param id "beacon_list"
---@param params? convoke.edgegap.beacons.list.Params
---@param options? convoke.CallOptions
---@return convoke.edgegap.Beacons?
---@return convoke.Error?
---@return convoke.Meta?
function client:call(id, params, options) end

--- Walks all pages of a listing, by the vendor's name; an error is raised.
---@overload fun(self: convoke.edgegap.Client, id: "deployment_list", params?: convoke.edgegap.deployments.list.Params, options?: convoke.CallOptions): fun(): convoke.edgegap.DeploymentListItem?
---@overload fun(self: convoke.edgegap.Client, id: "deployment_tag_list", deployment_id: string, params?: convoke.edgegap.deployment_tags.list.ParamsBesidePath, options?: convoke.CallOptions): fun(): convoke.edgegap.DeploymentTag?
---@overload fun(self: convoke.edgegap.Client, id: "deployment_tag_list", params: convoke.edgegap.deployment_tags.list.Params, options?: convoke.CallOptions): fun(): convoke.edgegap.DeploymentTag?
---@overload fun(self: convoke.edgegap.Client, id: "list_sessions", params?: convoke.edgegap.sessions.list.Params, options?: convoke.CallOptions): fun(): convoke.edgegap.SessionContext?
---@overload fun(self: convoke.edgegap.Client, id: "relay_session_list", params?: convoke.edgegap.relay_sessions.list.Params, options?: convoke.CallOptions): fun(): convoke.edgegap.RelaySession?
---@param id "beacon_list"
---@param params? convoke.edgegap.beacons.list.Params
---@param options? convoke.CallOptions
---@return fun(): convoke.edgegap.Beacon?
function client:each(id, params, options) end

--- Reads all pages of a listing, by the vendor's name.
---@overload fun(self: convoke.edgegap.Client, id: "deployment_list", params?: convoke.edgegap.deployments.list.Params, options?: convoke.CallOptions): convoke.edgegap.DeploymentListItem[]?, convoke.Error?
---@overload fun(self: convoke.edgegap.Client, id: "deployment_tag_list", deployment_id: string, params?: convoke.edgegap.deployment_tags.list.ParamsBesidePath, options?: convoke.CallOptions): convoke.edgegap.DeploymentTag[]?, convoke.Error?
---@overload fun(self: convoke.edgegap.Client, id: "deployment_tag_list", params: convoke.edgegap.deployment_tags.list.Params, options?: convoke.CallOptions): convoke.edgegap.DeploymentTag[]?, convoke.Error?
---@overload fun(self: convoke.edgegap.Client, id: "list_sessions", params?: convoke.edgegap.sessions.list.Params, options?: convoke.CallOptions): convoke.edgegap.SessionContext[]?, convoke.Error?
---@overload fun(self: convoke.edgegap.Client, id: "relay_session_list", params?: convoke.edgegap.relay_sessions.list.Params, options?: convoke.CallOptions): convoke.edgegap.RelaySession[]?, convoke.Error?
---@param id "beacon_list"
---@param params? convoke.edgegap.beacons.list.Params
---@param options? convoke.CallOptions
---@return convoke.edgegap.Beacon[]?
---@return convoke.Error?
function client:all(id, params, options) end

---@class convoke
---@field edgegap fun(options?: convoke.edgegap.Options): convoke.edgegap.Client Makes a client of the Edgegap API v1
