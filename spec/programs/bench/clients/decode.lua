--- Decoding without a network: the list of 500 by lua-cjson alone (plain=true), and by a call of
-- convoke's whose transport has the answer at hand; see plan.lua.

local answers = require "spec.programs.bench.answers"
local plan = require "spec.programs.bench.clients.plan"
local convoke = require "convoke"

local function by_cjson()
  local decode = require("cjson").decode
  return function() return decode(answers.list) end
end

local function by_convoke()
  local response = { status = 200, headers = {}, body = answers.list }
  local client = convoke.clerk { url = "http://127.0.0.1:1/v1", secret_key = "sk_test_bench",
    transport = { send = function() return response end } }
  return function() return assert(client.invitations:list { limit = 500 }) end
end

local decode = plan.plain and by_cjson() or by_convoke()

plan.measure(function(calls)
  for _ = 1, calls do assert(#decode().data == 500) end
end, convoke.now)
