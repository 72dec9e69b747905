--- Answers as they go over the wire.

local wire = {}

--- The head of an answer with 200; `lines` end with "\r\n".
function wire.head(lines)
  return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n" .. lines .. "\r\n"
end

--- An answer with 200 and a Content-Length; `lines` are more header lines.
function wire.sized(body, lines)
  return wire.head(("%sContent-Length: %d\r\n"):format(lines or "", #body)) .. body
end

wire.no_content = "HTTP/1.1 204 No Content\r\n\r\n"

--- A whole answer to an operation (see faults.operations) after which the connection can be kept.
function wire.whole(of)
  return of.body and wire.sized(of.body) or wire.no_content
end

--- A body in chunks.
function wire.chunked(body, size)
  local parts = {}
  for i = 1, #body, size do
    local chunk = body:sub(i, i + size - 1)
    parts[#parts + 1] = ("%x\r\n"):format(#chunk) .. chunk .. "\r\n"
  end
  return table.concat(parts) .. "0\r\n\r\n"
end

--- What a command makes of a text.
function wire.filter(command, text)
  local name = os.tmpname()
  local file = assert(io.open(name, "wb"))
  file:write(text)
  file:close()
  local pipe = assert(io.popen("{ " .. command .. "; } <" .. name, "r"))
  local output = pipe:read "*a"
  pipe:close()
  os.remove(name)
  return output
end

--- A text in gzip's format.
function wire.gzip(text)
  local packed = wire.filter("gzip -9 -n -c", text)
  assert(packed:sub(1, 2) == "\31\139")
  return packed
end

--- Ways to send a body: name, and a function(body) that returns the head and what follows it.
wire.framings = {
  { "with Content-Length", function(body)
    return wire.head(("Content-Length: %d\r\n"):format(#body)), body
  end },
  { "until the end", function(body) return wire.head "", body end },
  { "in chunks", function(body)
    return wire.head "Transfer-Encoding: chunked\r\n", wire.chunked(body, 40)
  end },
  { "gzip", function(body)
    local packed = wire.gzip(body)
    return wire.head(("Content-Encoding: gzip\r\nContent-Length: %d\r\n"):format(#packed)), packed
  end },
  { "gzip in chunks", function(body)
    return wire.head "Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n",
      wire.chunked(wire.gzip(body), 50)
  end },
}

return wire
