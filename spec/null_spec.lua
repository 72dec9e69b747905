-- How JSON's null reads to people.

local cjson = require "cjson"
local convoke = require "convoke"

-- What a fresh Lua prints that runs this text.
local function printed(text)
  local pipe = assert(io.popen(("%s -e '%s' 2>&1"):format(os.getenv "LUA" or "lua5.4", text)))
  local said = pipe:read "*a"
  pipe:close()
  return (said:gsub("\n$", ""))
end

describe("JSON's null", function()
  it("prints as convoke.null, and is the null of lua-cjson", function()
    assert.equal("convoke.null", tostring(convoke.null))
    assert.equal("convoke.null", printed [[print(require "convoke".null)]])
    assert.is_true(rawequal(convoke.null, cjson.null))
  end)

  if debug.upvalueid then -- makes another light userdata
    it("is the only light userdata whose text changes", function()
      assert.equal("true", printed [[
        local one = 1
        local id = debug.upvalueid(function() return one end, 1)
        local before = tostring(id)
        require "convoke"
        print(before == tostring(id) or before .. " " .. tostring(id))]])
    end)
  end

  it("prints as a program has it that gave light userdata a metatable", function()
    assert.equal("nothing", printed [[
      local null = require "cjson".null
      debug.setmetatable(null, { __tostring = function() return "nothing" end })
      require "convoke"
      print(null)]])
  end)

  it("prints as ever in OpenResty, where programs compare the text of ngx.null", function()
    assert.equal("true", printed [[
      local null = require "cjson".null
      ngx = { null = null }
      local before = tostring(null)
      require "convoke"
      print(before == tostring(null) and debug.getmetatable(null) == nil)]])
  end)
end)
