--- The words that the fuzzers' texts are made of: all names of the catalogue, what error bodies
-- consist of, and what breaks things that were put together carelessly.

local words = {
  "a", "", " ", ".", "..", "...", "/", "//", "../", "%2e%2e", "%2F", "%00", "?", "#", "&", "=",
  "+", ";", ":", "@", "\\", "'", '"', "`", "<", ">", "{", "}", "[", "]", "|", "^", "~", "\0",
  "\r\n", "\n", "\t", "\127", "é", "€", "𝄞", "\u{2028}", "\xff", "\xc3", "\xed\xa0\x80",
  "ada@example.com", "http://", "https://", "127.0.0.1", "localhost", "example.com", "[::1]",
  ":80", "a\r\nX-Evil: 1", "true", "false", "null", "0", "1", "-1", "1e999", "NaN", "[]", "{}",
  "[[", "{\"a\":", "\\u0000", "\\ud800", "<title>", "</title>", "<html>", "status", "success",
  "error", "errors", "errorMessage", "errorData", "logLines", "value", "code", "message",
  "long_message", "meta", "param_name", "clerk_trace_id", "detail", "details", "non_field_errors",
  "__all__", "maintenance", "maintenance_message", "maintenance_eta", "data", "name", "results",
  "next", "previous", "total_count", "pagination", "next_page_number", "has_next",
  "[Request ID: 1a2b]", "Server Error", "Uncaught ", "Error: ", "ArgumentValidationError",
  "ConvexError ", "required field `", "extra field `", "Path: .", "\n    at ", "?page=2",
  "&offset=1", "2024-11-20T10:00:00Z", "duplicate_record", "authentication_invalid",
  "Retry-After", "Date", "X-Request-Id", "Accept", "Authorization", "Cookie", "Host",
  "Content-Type", "$integer", "$float", "$bytes",
}

local seen = {}

local function add(word)
  if type(word) == "string" and not seen[word] then
    seen[word] = true
    words[#words + 1] = word
  end
end

local function add_schema(schema)
  add(schema.name)
  for _, list in ipairs { schema.enum or {}, schema.also or {} } do
    for _, word in ipairs(list) do add(word) end
  end
  for _, field in ipairs(schema.fields or {}) do add_schema(field) end
  if schema.items then add_schema(schema.items) end
end

for _, api in pairs(require("convoke.core").catalogue().apis) do
  for _, operation in ipairs(api.operations) do
    for _, param in ipairs(operation.params) do add_schema(param) end
    add_schema(operation.answer)
  end
end
table.sort(words) -- the same numbers in each run

return words
