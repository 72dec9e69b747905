-- E-mail addresses as servers normalise them.

local addresses = require "convoke.lookup.addresses"

-- The code points of "u+5B89 u+5BA4".
local function codes(text)
  local list = {}
  for digits in text:gmatch "[uU]%+(%x+)" do list[#list + 1] = tonumber(digits, 16) end
  return list
end

describe("punycode", function()
  -- RFC 3492, section 7.1, and some domains that are registered
  local vectors = {
    ["egbpdaj6bu4bxfgehfvwxn"] = "u+0644 u+064A u+0647 u+0645 u+0627 u+0628 u+062A u+0643 u+0644 "
      .. "u+0645 u+0648 u+0634 u+0639 u+0631 u+0628 u+064A u+061F",
    ["ihqwcrb4cv8a8dqg056pqjye"] = "u+4ED6 u+4EEC u+4E3A u+4EC0 u+4E48 u+4E0D u+8BF4 u+4E2D u+6587",
    ["Proprostnemluvesky-uyb24dma41a"] = "U+0050 u+0072 u+006F u+010D u+0070 u+0072 u+006F u+0073 "
      .. "u+0074 u+011B u+006E u+0065 u+006D u+006C u+0075 u+0076 u+00ED u+010D u+0065 u+0073 "
      .. "u+006B u+0079",
    ["3B-ww4c5e180e575a65lsy2b"] = "u+0033 u+5E74 U+0042 u+7D44 u+91D1 u+516B u+5148 u+751F",
    ["d9juau41awczczp"] = "u+305D u+306E u+30B9 u+30D4 u+30FC u+30C9 u+3067",
    ["-> $1.00 <--"] = "u+002D u+003E u+0020 u+0024 u+0031 u+002E u+0030 u+0030 u+0020 u+003C "
      .. "u+002D",
    ["mnchen-3ya"] = "u+6D u+FC u+6E u+63 u+68 u+65 u+6E",
    ["e1afmkfd"] = "u+43F u+440 u+438 u+43C u+435 u+440",
  }

  it("is what the standard's examples say", function()
    for wanted, text in pairs(vectors) do assert.equal(wanted, addresses.punycode(codes(text))) end
  end)
end)

describe("an address", function()
  it("is the same in capitals, among spaces and in punycode", function()
    for _, pair in ipairs {
      { "Ada@Example.COM", "ada@example.com" },
      { " ada@example.com\t", "ada@example.com" },
      { "ada@münchen.example", "ada@xn--mnchen-3ya.example" },
      { "ada@MÜNCHEN.example", "ada@XN--mnchen-3ya.EXAMPLE" },
      { "ada@ПРИМЕР.example", "ada@xn--e1afmkfd.example" },
      { "ada@example.com.", "ada@example.com" },
      { "ada@münchen。example", "ada@xn--mnchen-3ya.example" },
      { "ada@straße.example", "ada@xn--strae-oqa.example" },
      { "ada@straße.example", "ada@strasse.example" },
      { "ÅSA@example.com", "åsa@example.com" },
      { "ada@ＥＸＡＭＰＬＥ.com", "ada@example.com" },
    } do
      assert.equal(true, addresses.same(pair[1], pair[2]), pair[1])
      assert.equal(true, addresses.same(pair[2], pair[1]), pair[1])
    end
    assert.equal("ada@xn--mnchen-3ya.example", addresses.normal " Ada@MÜNCHEN.Example ")
  end)

  it("is another one with another letter anywhere", function()
    for _, pair in ipairs {
      { "ada@example.com", "adam@example.com" }, { "ada@example.com", "ada@example.org" },
      { "ada@münchen.example", "ada@munchen.example" }, { "ada@münchen.example", "bo@x.example" },
      { "ada", "ada@example.com" }, { "a da@example.com", "ada@example.com" },
      { "ada@strasse.example", "ada@xn--mnchen-3ya.example" },
    } do
      assert.equal(false, addresses.same(pair[1], pair[2]), pair[1])
    end
    assert.equal(false, addresses.same(nil, "ada@example.com"))
    assert.equal(false, addresses.same("ada@example.com", 7))
  end)

  it("is open where a letter has several forms that are not known here", function()
    -- an accent of its own, a script with capitals that are rare, bytes that are no text
    assert.is_nil(addresses.same("ada@mu\204\136nchen.example", "ada@xn--mnchen-3ya.example"))
    assert.is_nil(addresses.same("ada@\225\131\128.example", "ada@xn--whatever.example"))
    assert.is_nil(addresses.same("ada@\255.example", "ada@x.example"))
    assert.equal(false, addresses.same("ada@\255.example", "bo@x.example"))
  end)
end)
