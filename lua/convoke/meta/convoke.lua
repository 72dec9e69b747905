---@meta convoke
-- Annotations for editors: what `require "convoke"` returns, and what clients of all APIs have in
-- common. Written by hand; a spec compares it with the library. The files of the APIs beside it are
-- made from the catalogue (`make meta`).

-- Values ------------------------------------------------------------------------------------------

---@class convoke.Null: lightuserdata JSON's null

---@class convoke.Int64 A whole number of 64 bits; prints exactly
local int64 = {}

--- The nearest number.
---@return number
function int64:tonumber() end

---@class convoke.Bytes Convex's bytes
local bytes = {}

--- The bytes as a string.
---@return string
function bytes:raw() end

-- Results -----------------------------------------------------------------------------------------

---@class convoke.Fault
---@field field string The field it is about
---@field message string What is wrong with it

---@alias convoke.Kind
---| "invalid" # refused here, nothing sent
---| "resolve" # the name of the server was not found
---| "connect" # no connection could be made
---| "tls" # the certificate or the handshake failed
---| "timeout" # the deadline came
---| "network" # it broke on the way
---| "decode" # the answer makes no sense
---| "too_large" # the answer is larger than max_response_bytes
---| "http" # the API said no
---| "cancelled" # the call was ended from here
---| "memory" # memory ran out
---| "store" # the store of a job failed

---@alias convoke.Outcome
---| "not_sent" # nothing left this machine
---| "refused" # the API answered no, and nothing was done
---| "unknown" # it may have happened: look before you ask again
---| "made" # the API reported a failure, yet the object exists: it is in `value`

---@class convoke.Error What a failed call returns second; tostring() makes one line of it
---@field kind convoke.Kind
---@field outcome convoke.Outcome
---@field message string Text for people
---@field operation string Such as "clerk.invitations.create"
---@field status? integer The HTTP status
---@field code? string The vendor's word
---@field fields? convoke.Fault[]
---@field retry_after? number Seconds after which a call of this kind can begin
---@field budget_empty? boolean Whether an empty retry budget is why it was not tried again
---@field request_id? string The vendor's trace id
---@field attempts? integer Tries made
---@field elapsed? number Seconds
---@field value? any The object that was made, where the outcome is "made"
---@field data? any The decoded answer
---@field body? string The first 4 KiB of an answer that is no JSON
---@field log_lines? string[] Convex: what the function printed

---@class convoke.Meta What a call that worked returns third
---@field status integer The HTTP status
---@field headers table<string, string> Looked up in any case
---@field request_id? string The vendor's trace id
---@field attempts integer Tries made
---@field elapsed number Seconds
---@field log_lines? string[] Convex: what the function printed
---@field settled? "look-up" The answer was lost, and the object was found
---@field trace_id? string Of the call's span, where convoke.trace is on
---@field span_id? string

---@class convoke.QueryResult Of one query of convex:query_batch()
---@field value? any What the query returned
---@field log_lines? string[] What it printed
---@field err? convoke.Error Where it failed

-- Options -----------------------------------------------------------------------------------------

---@class convoke.Limit
---@field [1] integer So many calls
---@field per number begin in so many seconds at most

---@class convoke.Rate
---@field [1]? integer Of all operations so many calls
---@field per? number begin in so many seconds at most
---@field [string] convoke.Limit|number Of one operation, such as "invitations.create"

---@class convoke.Transport
---@field send fun(request: convoke.Request): convoke.Response?, convoke.TransportError?
---@field instant? boolean true: the pauses of calls take no time

---@class convoke.Request
---@field method string
---@field url string
---@field headers table<string, string> Credentials are struck out
---@field body? string
---@field timeout number Seconds
---@field operation string Such as "clerk.invitations.create"
---@field path string Below the client's address, with the query

---@class convoke.Response
---@field status integer
---@field headers table<string, string>
---@field body string

---@class convoke.TransportError
---@field kind convoke.Kind
---@field message string
---@field sent? boolean false: nothing has left
---@field status? integer

---@class convoke.ClientOptions
---@field url? string Where the API is
---@field timeout? number Seconds for a whole call (default 30)
---@field connect_timeout? number Seconds for making a connection (default 5)
---@field retries? integer How often a call may be tried again (default 2)
---@field rate? convoke.Rate|"documented" How many calls may begin
---@field rate_dict? string OpenResty: the shared dictionary by which workers share the pace
---@field max_in_flight? integer More calls at once wait for their turn
---@field max_response_bytes? integer A larger answer is an error (default 16 MiB)
---@field http_version? "1.1"|"2"
---@field proxy? string Address of a proxy
---@field ca_file? string Certificates to trust beside the system's
---@field cert? string File of a client certificate
---@field key? string File of its key
---@field allow_http? boolean A credential may go over plain http to another machine
---@field user_agent? string The header User-Agent
---@field log? fun(line: string) Is given a line for each try
---@field hooks? convoke.Hooks Functions that are told what becomes of calls
---@field transport? convoke.Transport Takes the place of libcurl

---@class convoke.CommonCallOptions
---@field timeout? number Seconds for the whole call
---@field retries? integer How often it may be tried again
---@field deadline? number When it ends, by convoke.now()
---@field headers? table<string, string> Headers beside convoke's own
---@field allow_empty? boolean Edgegap's bulk stops: filters may be empty, and match everything
---@field reconcile? boolean false: a lost answer is not looked for
---@field traceparent? string The span around it, for convoke.trace (W3C Trace Context)
---@field tracestate? string What goes with that

---@class convoke.CallOptions: convoke.CommonCallOptions, table<"timeout"|"retries"|"deadline"|"headers"|"allow_empty"|"reconcile"|"traceparent"|"tracestate", any>
---@field timeout? number Seconds for the whole call (a class without fields of its own is not checked)

---@class convoke.DocumentCallOptions: convoke.CommonCallOptions, table<"timeout"|"retries"|"deadline"|"headers"|"allow_empty"|"reconcile"|"traceparent"|"tracestate"|"content_type"|"idempotent"|"sink", any>
---@field content_type? string Another media type for the body
---@field idempotent? boolean Whether it may be sent again though nothing says what became of it
---@field sink? fun(piece: string): any Is given the answer by pieces; nil and why, or an error, ends the call

---@class convoke.FreeOptions: table<"timeout"|"retries"|"deadline"|"headers"|"idempotent"|"traceparent"|"tracestate", any>
---@field timeout? number Seconds for the whole call
---@field retries? integer How often it may be tried again
---@field deadline? number When it ends, by convoke.now()
---@field headers? table<string, string> Headers beside convoke's own
---@field idempotent? boolean It may be sent again though it does more than read
---@field traceparent? string The span around it, for convoke.trace (W3C Trace Context)
---@field tracestate? string What goes with that

---@class convoke.FreeParts: table<"query"|"headers"|"body", any>
---@field query? table<string, any> Values by name; an array repeats the name
---@field headers? table<string, string>
---@field body? any A string is sent as it is, any other value as JSON

-- Hooks -------------------------------------------------------------------------------------------

---@class convoke.Event What a hook is told: one table for each call
---@field hook "call"|"wait"|"attempt"|"settle"|"retry"|"done" Which one is told
---@field id integer The number of the call
---@field api string
---@field operation string Such as "clerk.invitations.create"
---@field method string
---@field path string
---@field looks_for? string The operation whose lost work this call looks for
---@field started number By convoke.now()
---@field elapsed number Seconds from then on
---@field attempt integer How many attempts have begun
---@field status? integer
---@field kind? convoke.Kind
---@field outcome? convoke.Outcome|"done" "done" where nothing is wrong
---@field code? string
---@field message? string
---@field request_id? string
---@field error? convoke.Error
---@field seconds? number That the attempt or the look took, or that a wait will take at least
---@field reason? "turn"|"retry_after"|"backoff"|"look"|"failed"|"held"|"credential"|"nothing found"
---@field verdict? "found"|"another"|"nothing"|"unclear" Of a look
---@field value? any In `done`: what the call returns
---@field meta? convoke.Meta In `done`: what it returns third
---@field settled? "look-up" The answer was lost, and the object was found

---@class convoke.Hooks: table<"call"|"wait"|"attempt"|"settle"|"retry"|"done", any>
---@field call? fun(event: convoke.Event) A call begins
---@field wait? fun(event: convoke.Event) Before it waits
---@field attempt? fun(event: convoke.Event) An attempt has ended
---@field settle? fun(event: convoke.Event) A look for a lost answer has ended
---@field retry? fun(event: convoke.Event) It is sent again
---@field done? fun(event: convoke.Event) It is over

-- Logs --------------------------------------------------------------------------------------------

---@class convoke.LogOptions: table<"level"|"sink"|"format", any>
---@field level? "warn"|"info"|"debug"|"trace" Default: info
---@field sink? fun(line: string, level: "warn"|"info"|"debug"|"trace") Default: standard error
---@field format? "text"|"json"

-- Metrics -----------------------------------------------------------------------------------------

---@class convoke.MetricsOptions: table<"dict", any>
---@field dict? string OpenResty: the shared dictionary in which all workers count

---@class convoke.Sample
---@field labels table<string, string>
---@field value? number
---@field sum? number Of a histogram: seconds
---@field count? integer Of a histogram
---@field buckets? { le: number, count: integer }[] Of a histogram: how many took at most that

---@class convoke.Metrics Counts what calls do
local metrics = {}

--- All metrics in Prometheus' text format 0.0.4; tostring() gives it, too.
---@return string
function metrics:text() end

--- The same by the names of the metrics.
---@return table<string, convoke.Sample[]>
function metrics:table() end

--- Ends the counting.
function metrics:stop() end

-- Clients -----------------------------------------------------------------------------------------

---@class convoke.Client What clients of all APIs have
local client = {}

--- Reaches any endpoint of the API, below the client's address.
---@param method "GET"|"HEAD"|"POST"|"PUT"|"PATCH"|"DELETE"
---@param path string Such as "/users"
---@param parts? convoke.FreeParts
---@param options? convoke.FreeOptions
---@return any value
---@return convoke.Error? err
---@return convoke.Meta? meta
function client:request(method, path, parts, options) end

--- The request of a call, which is not sent.
---@param name string The vendor's name of an operation, "invitations.create", or a method: "GET"
---@param ... any Path values, params and options, as in a call; or path, parts and options
---@return convoke.DryRequest? request
---@return convoke.Error? err
function client:dry(name, ...) end

--- The same as a curl command.
---@param name string The vendor's name of an operation, "invitations.create", or a method: "GET"
---@param ... any Path values, params and options, as in a call; or path, parts and options
---@return string? command
---@return convoke.Error? err
function client:curl(name, ...) end

--- Ends the client: its calls in flight end as `cancelled`, its credential is wiped.
function client:close() end

-- Tasks and hosts ---------------------------------------------------------------------------------

---@class convoke.Task
local task = {}

--- Waits for the end of the task and returns what its function returned, or raises its error.
---@return any ...
function task:await() end

--- Ends the task.
---@return boolean found Whether there was anything to end
function task:cancel() end

---@return "waiting"|"running"|"done"|"failed"|"cancelled"
function task:status() end

---@class convoke.Engine What a host drives
---@field turn fun() Works on calls and tasks
---@field busy fun(): boolean
---@field pollfd fun(): integer

---@class convoke.Host A scheduler of coroutines, see lua/convoke/engine.lua
---@field running fun(): any What the running coroutine is known by; nil where it cannot be parked
---@field park fun(token: any) Yields until wake(token)
---@field wake fun(token: any)
---@field drive fun(engine: convoke.Engine)
---@field rest? fun()
---@field sleep? fun(seconds: number, token: any)

-- Jobs --------------------------------------------------------------------------------------------

---@class convoke.JobSpec: table<"name"|"store"|"command"|"client"|"operation"|"rows"|"params"|"key"|"limit"|"batch"|"rate"|"timeout"|"retries"|"progress", any>
---@field name string Jobs in one store are told apart by it
---@field store string Path of a SQLite file, or `redis://[[user]:password@]host[:port][/database][?prefix=word]`
---@field command? fun(name: string, ...: string): any Sends a command to Redis (default: hiredis does)
---@field client? convoke.Client To work on it
---@field operation? string Such as "invitations.create"
---@field rows? string|table[]|fun(): table? See convoke.rows
---@field params? fun(row: table): table?, string? The parameters of a row; without it the row itself
---@field key? string|fun(row: table): string What makes a row one thing
---@field limit? integer Calls at the same time (default 32)
---@field batch? integer Rows that travel in one call, where the API has one for several
---@field rate? convoke.Rate|"documented" How many calls may begin, of all workers together
---@field timeout? number Seconds for a call
---@field retries? integer Of a call
---@field progress? boolean true: shows how it gets on

---@class convoke.JobStatus
---@field pending integer
---@field sent integer
---@field done integer
---@field refused integer
---@field invalid integer
---@field made integer
---@field unknown integer
---@field total integer
---@field paused boolean
---@field workers integer
---@field rate? number Rows a second
---@field seconds_left? number
---@field ends_at? number Seconds since 1970
---@field elapsed? number Of run(): seconds
---@field interrupted? boolean Of run(): by Ctrl-C or stop()
---@field warning? string Of run()

---@class convoke.Job Many calls that must all be done, once each
local job = {}

--- Works until all rows have ended, together with the other programs that do.
---@return convoke.JobStatus? report
---@return convoke.Error? err
function job:run() end

--- How the job stands.
---@return convoke.JobStatus? status
---@return convoke.Error? err
function job:status() end

--- What became of each row.
---@param target? string|file* A path, or an open file
---@param format? "csv"|"json"|"jsonl" Default: the path tells, else csv
---@return convoke.JobStatus? status
---@return convoke.Error? err
function job:report(target, format) end

--- All workers begin nothing more.
---@return true? done
---@return convoke.Error? err
function job:pause() end

--- They go on.
---@return true? done
---@return convoke.Error? err
function job:resume() end

--- Rows that have ended without being done are pending again.
---@param states? ("refused"|"invalid"|"unknown")[] Default: { "refused" }
---@param options? { yes?: boolean } Needed for "unknown": they may be done twice
---@return integer? count
---@return convoke.Error? err
function job:retry(states, options) end

--- Ends run(): what is under way ends within its deadlines.
function job:stop() end

-- The catalogue -----------------------------------------------------------------------------------

---@class convoke.Schema
---@field type "string"|"integer"|"number"|"boolean"|"object"|"array"|"any"|"null"|"either"
---@field nullable? boolean
---@field enum? string[]
---@field minimum? number
---@field maximum? number
---@field min_length? integer
---@field max_length? integer
---@field format? string
---@field model? string
---@field fields? convoke.Field[]
---@field items? convoke.Schema

---@class convoke.Field: convoke.Schema
---@field name string As on the wire
---@field required boolean
---@field summary? string
---@field default? any What the server takes where it is absent
---@field where? "path"|"query"|"header"|"body"

---@class convoke.DryRequest A request that was not sent; tostring() shows it
---@field method string
---@field url string
---@field headers table<string, string> Secrets are named by the variable that holds them
---@field body? string

---@class convoke.Operation
---@field api string
---@field id string The vendor's name
---@field name string Such as "clerk.invitations.create"
---@field method string
---@field path string
---@field summary string
---@field safe boolean It only reads
---@field idempotent boolean A repeat changes no more than one call does
---@field extra boolean Beyond the 27
---@field limits convoke.Limit[]
---@field params convoke.Field[]
---@field answer convoke.Schema
local operation = {}

--- The request of a call, which is not sent.
---@param params? table
---@param with? convoke.Client|convoke.ClientOptions A client, or the options of one
---@return convoke.DryRequest? request
---@return convoke.Error? err
function operation:dry(params, with) end

--- The same as a curl command.
---@param params? table
---@param with? convoke.Client|convoke.ClientOptions A client, or the options of one
---@return string? command
---@return convoke.Error? err
function operation:curl(params, with) end

-- Traces ------------------------------------------------------------------------------------------

---@class convoke.TraceOptions: table<"url"|"headers"|"sink"|"parent"|"sample"|"propagate"|"service"|"resource"|"queue"|"batch"|"interval"|"timeout"|"ca_file"|"cert"|"key"|"proxy"|"allow_http", any>
---@field url? string Where spans go, by OTLP over HTTP in JSON
---@field headers? table<string, string> That go with them: secrets
---@field sink? fun(spans: convoke.Span[]) In place of an address: is given the spans of each call
---@field parent? fun(): string?, string? The traceparent and the tracestate of what a call begins in
---@field sample? number The share of traces that are recorded, of those that begin here
---@field propagate? boolean false: no header traceparent is sent
---@field service? string The attribute service.name of the program
---@field resource? table<string, string|number|boolean> Its other attributes
---@field queue? integer How many spans may wait (default 2048)
---@field batch? integer How many go with one request (default 512)
---@field interval? number Seconds from one request to the next (default 1)
---@field timeout? number Seconds for one request (default 10)
---@field ca_file? string Certificates to trust beside the system's
---@field cert? string File of a client certificate
---@field key? string File of its key
---@field proxy? string Address of a proxy
---@field allow_http? boolean Headers may go over plain http to another machine

---@class convoke.SpanEvent
---@field name "convoke.wait"|"convoke.retry"|"convoke.settle"
---@field time number Seconds since the epoch
---@field attributes table<string, string|number|boolean>

---@class convoke.Span
---@field trace_id string 32 hexadecimal digits
---@field span_id string 16 of them
---@field parent_id? string nil: the trace begins with it
---@field tracestate? string
---@field flags integer As OTLP has them
---@field name string
---@field kind "internal"|"client" A call, or an attempt
---@field started number Seconds since the epoch
---@field ended number
---@field attributes table<string, string|number|boolean>
---@field events? convoke.SpanEvent[]
---@field dropped_events? integer
---@field failed? true
---@field message? string What went wrong, where no status says so

---@class convoke.TraceStats
---@field calls integer That have ended
---@field spans integer That were made of them
---@field exported integer That a collector took
---@field queued integer That wait
---@field rejected integer By a collector that took others
---@field failed integer That no collector took, or whose sink raised
---@field dropped integer Because too many waited
---@field requests integer To the collector
---@field why? string The last failure

---@class convoke.Trace Spans of all calls that begin while it is on
local trace = {}

--- Sends the spans that wait.
---@param seconds? number That this may take (default 10)
---@return true? sent
---@return string? why Where spans are left or were lost
function trace:flush(seconds) end

---@return convoke.TraceStats
function trace:stats() end

--- Makes no more spans, and sends those that wait.
---@param seconds? number That this may take (default 10)
---@return true? sent
---@return string? why Where spans are left or were lost
function trace:stop(seconds) end

-- Cassettes ---------------------------------------------------------------------------------------

---@class convoke.CassetteOptions: table<"mode"|"strike"|"patterns"|"ignore"|"headers"|"repeats", any>
---@field mode? "auto"|"record"|"replay" Default "auto": answer what is known, record the rest
---@field strike? string[] Names of fields and parts of addresses whose values are struck out
---@field patterns? string[] Lua patterns: what fits is struck out wherever it stands
---@field ignore? string[] Places of requests that are not compared, such as "body/sent_at"
---@field headers? string[] More headers of answers that are kept
---@field repeats? boolean An exchange may answer again once all that are alike have answered

---@class convoke.Cassette: convoke.Transport
local cassette = {}

--- Writes what is new into the file: all of it, or nothing.
---@return true? saved
---@return convoke.Error? err
function cassette:save() end

--- The same, at the end.
---@return true? saved
---@return convoke.Error? err
function cassette:close() end

--- How many recorded exchanges have not been given.
---@return integer
function cassette:unused() end

-- The module --------------------------------------------------------------------------------------

---@class convoke.Stats
---@field in_flight integer
---@field queued integer
---@field started integer
---@field finished integer
---@field failed integer
---@field cancelled integer
---@field retried integer
---@field connections_opened integer
---@field connections_reused integer
---@field bytes_sent integer
---@field bytes_received integer

---@class convoke.Unsupported
---@field place string Where in the document
---@field what string
---@field consequence string

---@class convoke.DocumentClient: convoke.Client A client of an API that has an OpenAPI document
---@field [string] any Its resources

---@class convoke.DocumentOptions: table<"name"|"server"|"only"|"resources"|"paging"|"limits"|"cache", any>
---@field name? string What the API is called (default: as the file)
---@field server? integer|string|table<string, any> Number of a server, an address, or variables
---@field only? string[] Tags and ids of operations
---@field resources? table<string, string>|fun(row: table): string?, string? Names of resources
---@field paging? table<string, table|false> How pages follow each other, by id of an operation or "*"
---@field limits? table What `rate = "documented"` of its clients keeps to
---@field cache? string A folder for what was read of documents

---@class convoke.Document Makes clients of an API that has an OpenAPI document
---@overload fun(options?: table): convoke.DocumentClient
---@field operations convoke.Operation[]
---@field unsupported convoke.Unsupported[]
---@field title string
---@field name string

---@class convoke.Show
---@overload fun(value: any, err?: convoke.Error)
---@field text fun(value: any): string

---@class convoke.Help
---@overload fun(x?: any)
---@field text fun(x?: any): string

---@class convoke
---@field version string
---@field hooks convoke.Hooks Are told of the calls of all clients
---@field show convoke.Show Prints a value as indented Lua, or an error in lines
---@field help convoke.Help Prints help about a client, resource, verb, operation, error or name
---@field null convoke.Null JSON's null
---@field operations convoke.Operation[] All operations as data
---@field transport convoke.Transport The built-in transport
local convoke = {}

--- Marks a table of a free-form value as an array; `t` itself is returned.
---@generic T
---@param t T
---@return T
function convoke.array(t) end

--- Marks a table of a free-form value as an object; `t` itself is returned.
---@generic T
---@param t T
---@return T
function convoke.object(t) end

---@param n number|string A number or its digits
---@return convoke.Int64
function convoke.int64(n) end

---@param s string
---@return convoke.Bytes
function convoke.bytes(s) end

--- Seconds of the clock that deadlines are given in.
---@return number
function convoke.now() end

--- Writes from now on what calls do, instead of what was asked for before; false: nothing more.
---@param options? convoke.LogOptions|false
function convoke.log(options) end

--- Counts from now on what calls do, or goes on with it.
---@param options? convoke.MetricsOptions
---@return convoke.Metrics
function convoke.metrics(options) end

--- Runs f(...) as a task, and every task it starts, until all have ended; raises its error.
---@param f function
---@param ... any
---@return any ...
function convoke.run(f, ...) end

--- Starts f(...) as a task.
---@param f function
---@param ... any
---@return convoke.Task
function convoke.spawn(f, ...) end

--- Runs functions at the same time and waits for all of them.
---@param functions function[]
---@param options? { limit?: integer } At most so many at a time
---@return any[] values Their first results
---@return any[] errors Their second ones, or what they raised
function convoke.all(functions, options) end

--- Lets time pass; other tasks go on meanwhile.
---@param seconds number
function convoke.sleep(seconds) end

--- A transport that records what an API answers in a file, and answers from it. Raises where the
--- file cannot be used.
---@param file string Its name
---@param options? convoke.CassetteOptions
---@return convoke.Cassette
function convoke.cassette(file, options) end

--- The rows of a file (CSV with a header, or JSON Lines), an array or an iterator, one at a time.
---@param source string|table[]|fun(): table?
---@param options? { format?: "csv"|"jsonl", separator?: string }
---@return fun(): table?, integer?, string?
function convoke.rows(source, options) end

--- A constructor of clients of any API that has an OpenAPI document, 3.0 or 3.1.
---@param document string|table A file's name, JSON or YAML text, or a decoded table
---@param options? convoke.DocumentOptions
---@return convoke.Document
function convoke.openapi(document, options) end

--- Many calls that must all be done, once each, however often the program is stopped.
---@param spec convoke.JobSpec
---@return convoke.Job
function convoke.job(spec) end

--- Makes spans of all calls that begin from now on, and sends them to a collector of OpenTelemetry.
---@param options? convoke.TraceOptions What is not given the environment says (OTEL_...)
---@return convoke.Trace
function convoke.trace(options) end

--- Begins nothing new and waits for the calls under way.
---@param seconds? number At most so long
---@return integer left How many were left, which are cancelled
function convoke.drain(seconds) end

--- Makes calls yield to a host.
---@param host "cqueues"|"copas"|"luv"|"openresty"|"tasks"|convoke.Host
function convoke.use(host) end

--- Works on calls and tasks without waiting.
---@param budget? number Seconds, about
---@return integer in_flight
function convoke.step(budget) end

--- A descriptor, readable when there is work for step().
---@return integer
function convoke.pollfd() end

---@return "r"
function convoke.events() end

--- Seconds until there is work by time.
---@return number?
function convoke.timeout() end

--- Counters of this Lua state.
---@return convoke.Stats
function convoke.stats() end

return convoke
