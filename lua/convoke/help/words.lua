--- What the catalogue does not hold: options, kinds and outcomes of errors, functions.

local words = {}

--- What to give a constructor, beside its credential and address.
words.client_options = {
  timeout = "seconds for a whole call, its repeats and pauses included; 30",
  connect_timeout = "seconds for making a connection, within timeout; 5",
  retries = "how often a call may be tried again where that does no harm; 2",
  rate = 'how many calls may begin: { 100, per = 10 }, or "documented" for the vendor\'s limits',
  rate_dict = "name of a shared dictionary of OpenResty, by which workers share the rate",
  max_in_flight = "more calls at once wait for their turn; no limit",
  max_response_bytes = "a larger answer is an error of the kind too_large; 16 MiB",
  http_version = '"1.1" or "2"; what both ends can',
  proxy = "address of a proxy; the environment's",
  ca_file = "file of certificates to trust beside the system's; SSL_CERT_FILE",
  cert = "file of a client certificate",
  key = "file of its key",
  allow_http = "true allows a credential over plain http to another machine; false",
  user_agent = "the header User-Agent; convoke and its version",
  log = "function that is given a line for each try",
  hooks = "functions that are told of calls, tries, waits and results",
  transport = "table with a function send, instead of libcurl",
  url = "address of the API",
}

--- What to give a call as its last argument.
words.call_options = {
  timeout = "seconds for the whole call; the client's",
  retries = "how often it may be tried again; the client's",
  deadline = "when it ends at the latest, by convoke.now()",
  headers = "more headers, by name",
  allow_empty = "true lets a list be empty that may then match everything; false",
  reconcile = "false: a lost answer is not settled by looking; true",
  traceparent = "the span around it, for convoke.trace (W3C Trace Context)",
  tracestate = "what goes with that",
}

words.kinds = {
  invalid = "Refused here: what is wrong is in err.fields. Nothing was sent.",
  resolve = "The server's name was not found.",
  connect = "No connection could be made.",
  tls = "The TLS handshake failed, or the certificate is not trusted.",
  timeout = "The call's time was up.",
  network = "The connection broke.",
  decode = "The answer makes no sense.",
  too_large = "The answer is larger than max_response_bytes.",
  http = "The API said no: see err.status, err.code and err.message.",
  cancelled = "The call, its task or its client was ended.",
  memory = "Memory ran out.",
  store = "The store of a job failed; the job begins nothing more.",
}

words.outcomes = {
  not_sent = "Nothing was sent. It is safe to call again.",
  refused = "The API answered no, and nothing was done.",
  unknown = "It may have happened. Look before you call again.",
  made = "The API reported a failure, yet made the object; it is in err.value.",
}

words.error_fields = {
  kind = "what went wrong: invalid, resolve, connect, tls, timeout, network, decode, too_large, "
    .. "http, cancelled, memory or store",
  outcome = "what to know before calling again: not_sent, refused, unknown or made",
  status = "of HTTP", code = "the vendor's word", message = "text for people",
  fields = "array of { field =, message = }",
  retry_after = "seconds after which such a call can begin",
  budget_empty = "true: not tried again, because the client's retry budget was used up",
  request_id = "the vendor's trace id", attempts = "tries made",
  elapsed = "seconds that the call took",
  operation = 'what was called, such as "clerk.invitations.create"',
  data = "the decoded answer", body = "the first 4 KiB of an answer that is no JSON",
  value = "what was made, where the outcome is made",
  log_lines = "of a Convex function",
}

--- What a client can do beside its operations: how it is called, and what that does.
words.methods = {
  call = { "call(name, ...)", "an operation by the vendor's name" },
  request = { "request(method, path, parts, options)", "any other endpoint of the API" },
  each = { "each(name, params)", "an iterator over all pages of a listing" },
  all = { "all(name, params)", "an array of everything in a listing" },
  dry = { "dry(name, ...)", "the request of a call, or of request(), as a table; nothing is sent" },
  curl = { "curl(name, ...)", "the same as a curl command" },
  close = { "close()", "ends the client and its calls" },
}

--- What the methods of clients take that call operations of no resource: no table of parameters.
words.spellings = {
  ["convex.mutation"] = 'mutation("module:function" [, args [, options]])',
  ["convex.query"] = 'query("module:function" [, args [, options]])',
  ["convex.action"] = 'action("module:function" [, args [, options]])',
  ["convex.call_function"] = 'call_function("module:function" [, args [, options]])',
  ["convex.run"] = 'run("module:function" [, args [, options]])',
  ["convex.query_ts"] = "query_ts([options])",
  ["convex.query_at_ts"] = 'query_at_ts("module:function", args, ts [, options])',
  ["convex.query_batch"] = "query_batch(queries [, options])",
}

--- Examples of them.
words.examples = {
  ["convex.mutation"] = 'convex:mutation("testing:echo", { id = "1" })',
  ["convex.query"] = 'convex:query("testing:read", { id = "1" })',
  ["convex.action"] = 'convex:action("testing:act", { id = "1" })',
  ["convex.call_function"] = 'convex:call_function("testing:echo", { id = "1" })',
  ["convex.run"] = 'convex:run("testing:echo", { id = "1" })',
  ["convex.query_ts"] = "convex:query_ts()",
  ["convex.query_at_ts"] = "time = assert(convex:query_ts())\n"
    .. 'convex:query_at_ts("questions:getAll", {}, time.ts)',
  ["convex.query_batch"] = 'convex:query_batch { { path = "testing:read", args = { id = "1" } } }',
}

--- What the module has: how it is called, and what that does.
words.functions = {
  run = { "convoke.run(f, ...)", "runs f as a task and returns what it does; others go on" },
  spawn = { "convoke.spawn(f, ...)", "begins a task; task:await(), task:cancel(), task:status()" },
  all = { "convoke.all({ f, g, ... }, { limit = n })",
    "runs functions at once; returns their values and their errors" },
  sleep = { "convoke.sleep(seconds)", "waits, and lets other tasks go on" },
  now = { "convoke.now()", "seconds of the clock that deadlines are given in" },
  drain = { "convoke.drain(seconds)", "begins nothing new and waits for the calls under way" },
  use = { "convoke.use(host)", 'calls yield to "cqueues", "copas", "luv", "openresty" or a table' },
  step = { "convoke.step(budget)", "works on calls and tasks for so many seconds" },
  pollfd = { "convoke.pollfd()", "a descriptor that can be read when step() has work" },
  events = { "convoke.events()", 'what to poll that descriptor for: "r"' },
  timeout = { "convoke.timeout()", "seconds until step() has work by time, or nil" },
  openapi = { "convoke.openapi(document, options)",
    "a constructor like convoke.clerk, of an OpenAPI document" },
  job = { "convoke.job { ... }", "many calls, each done once, however often it is stopped" },
  rows = { "convoke.rows(file)", "the rows of a CSV or JSON Lines file, for jobs" },
  log = { "convoke.log { level = 'info' }", "writes what calls do; so does CONVOKE_LOG=info" },
  metrics = { "convoke.metrics()", "counters of calls; the object's text is for Prometheus" },
  trace = { "convoke.trace { ... }",
    "spans of calls for OpenTelemetry; trace:flush(), trace:stats(), trace:stop()" },
  cassette = { "convoke.cassette(file, options)",
    "a transport that records answers in a file, and answers from it; cassette:close()" },
  hooks = { "convoke.hooks", "functions that are told of the calls of all clients" },
  stats = { "convoke.stats()", "counters: calls, retries, connections, bytes" },
  array = { "convoke.array(t)", "the table is a JSON array, an empty one, too" },
  object = { "convoke.object(t)", "the table is a JSON object, an empty one, too" },
  int64 = { "convoke.int64(n)", "a whole number of 64 bits, of a number or its digits" },
  bytes = { "convoke.bytes(s)", "bytes for Convex; bytes:raw() is the string" },
  show = { "convoke.show(value, err)", "prints a value as indented Lua, or an error" },
  help = { "convoke.help(x)", "prints help about nearly everything" },
}

return words
