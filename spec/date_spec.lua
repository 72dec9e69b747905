-- Dates as servers write them.

local core = require "convoke.core"

describe("a date-time of RFC 3339", function()
  local moment = 1732096800 -- 2024-11-20 10:00:00 UTC

  it("is read with its fraction and its zone", function()
    assert.equal(moment, core.date_time "2024-11-20T10:00:00Z")
    assert.equal(moment, core.date_time "2024-11-20 10:00:00")
    assert.equal(moment + 0.25, core.date_time "2024-11-20T10:00:00.25Z")
    assert.near(moment + 0.123456, core.date_time "2024-11-20T10:00:00.123456Z", 1e-6)
    assert.near(moment + 0.123456, core.date_time "2024-11-20T12:00:00.123456+02:00", 1e-6)
    assert.equal(moment, core.date_time "2024-11-20T08:29:00-0131")
    assert.equal(951782400, core.date_time "2000-02-29T00:00:00Z")
    assert.equal(-1, core.date_time "1969-12-31T23:59:59Z")
  end)

  it("is nothing else", function()
    for _, value in ipairs { "", "2024-11-20", "2024-11-20T10:00", "2024-13-20T10:00:00Z",
      "2024-00-20T10:00:00Z", "2024-11-32T10:00:00Z", "2024-11-20T25:00:00Z",
      "2024-11-20T10:60:00Z", "2024-11-20T10:00:61Z", "2024/11/20T10:00:00Z",
      "2024-11-20x10:00:00Z", "+024-11-20T10:00:00Z", "2024-11-20T10:00:0", ("9"):rep(60), 7, true,
      {} } do
      assert.is_nil(core.date_time(value))
    end
    assert.is_nil(core.date_time(nil))
  end)
end)

describe("an HTTP date", function()
  it("is read in its three forms", function()
    for _, text in ipairs { "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT",
      "Sun Nov  6 08:49:37 1994" } do
      assert.equal(784111777, core.http_date(text))
    end
    for year, seconds in pairs { ["70"] = 0, ["99"] = 915148800, ["00"] = 946684800,
      ["26"] = 1767225600 } do
      assert.equal(seconds, core.http_date(("Sunday, 01-Jan-%s 00:00:00 GMT"):format(year)))
    end
  end)

  it("may be later than 32 bits can count", function()
    assert.equal(2147483648, core.http_date "Tue, 19 Jan 2038 03:14:08 GMT")
    assert.equal(3813641340, core.http_date "Mon, 06 Nov 2090 08:49:00 GMT")
  end)

  it("is nothing else", function()
    for _, text in ipairs { "", "today", "Sun, 06 Foo 1994 08:49:37 GMT",
      "Sun, 36 Nov 1994 08:49:37 GMT", ("Sun, "):rep(20) } do
      assert.is_nil(core.http_date(text))
    end
  end)
end)
