local convoke = require "convoke"

describe("rows", function()
  local path

  after_each(function()
    if path then os.remove(path) end
    path = nil
  end)

  -- The rows of a file with this text; wrong ones as "line: why".
  local function read(text, extension, options)
    path = os.tmpname() .. "." .. (extension or "csv")
    local file = assert(io.open(path, "wb"))
    file:write(text)
    file:close()
    local rows, lines, wrong = {}, {}, {}
    for row, line, why in convoke.rows(path, options) do
      if row then
        rows[#rows + 1], lines[#lines + 1] = row, line
      else
        wrong[#wrong + 1] = line .. ": " .. why
      end
    end
    return rows, wrong, lines
  end

  it("reads CSV with a header", function()
    local rows, wrong, lines = read "email,team\nada@example.com,red\nbob@example.com,\n"
    assert.same({ { email = "ada@example.com", team = "red" },
      { email = "bob@example.com", team = "" } }, rows)
    assert.same({}, wrong)
    assert.same({ 2, 3 }, lines)
  end)

  it("reads quotes, commas and line breaks within fields, and ends of lines of either kind",
    function()
      local rows, wrong, lines =
        read '\239\187\191a,"b ""x"""\r\n"1,2","one\r\ntwo\n\nthree"\r\n\r\n"say ""hi""",""'
      assert.same({ { a = "1,2", ['b "x"'] = "one\r\ntwo\n\nthree" },
        { a = 'say "hi"', ['b "x"'] = "" } }, rows)
      assert.same({}, wrong)
      assert.same({ 2, 7 }, lines)
    end)

  it("tells of bad rows with their lines, and goes on after them", function()
    local rows, wrong, lines = read(table.concat({ "a,b", "1,2", "1", "1,2,3", 'x"y,2', '"1"2,3',
      '"never closed,2', "3,4", '5,"6"', "" }, "\n"))
    assert.same({ { a = "1", b = "2" }, { a = "3", b = "4" }, { a = "5", b = "6" } }, rows)
    assert.same({
      "3: has 1 fields, the header has 2",
      "4: has 3 fields, the header has 2",
      "5: has a quote within a field that does not begin with one",
      "6: has text behind a closing quote",
      "7: has text behind a closing quote",
    }, wrong)
    assert.same({ 2, 8, 9 }, lines)
  end)

  it("goes on behind the line of a quote that nothing closes", function()
    local rows, wrong = read 'a,b\n1,"2\n3,4\n5,6\n'
    assert.same({ { a = "3", b = "4" }, { a = "5", b = "6" } }, rows)
    assert.same({ "2: has a quote that nothing closes" }, wrong)
  end)

  it("does not take in the rest of a long file behind a quote", function()
    local line = ("x"):rep(1000) .. ",y\n"
    local rows, wrong = read('a,b\n1,"2\n' .. line:rep(1500))
    assert.equal(1500, #rows)
    assert.same({ "2: has a quote that nothing closes" }, wrong)
  end)

  it("holds no more than a piece of the file behind such a quote", function()
    path = os.tmpname() .. ".csv"
    local file = assert(io.open(path, "wb"))
    file:write 'a\n"1\n'
    for _ = 1, 20000 do file:write(("x"):rep(999), "\n") end
    file:close()
    collectgarbage()
    local before = collectgarbage "count"
    local rows = convoke.rows(path):open()
    assert.is_false((rows()))
    assert.is_true(collectgarbage "count" - before < 8 * 1024)
  end)

  it("takes another separator", function()
    assert.same({ { a = "1,5", b = "2" } }, (read("a;b\n1,5;2\n", "csv", { separator = ";" })))
    assert.same({ { a = "1", b = "2" } }, (read("a\tb\n1\t2\n", "tsv")))
  end)

  it("reads JSON Lines, with every digit and nested values", function()
    local rows, wrong, lines =
      read('{"n":9007199254740993,"tags":[]}\n\n[1]\nnot\n{"n":1}', "jsonl")
    assert.equal("9007199254740993", tostring(rows[1].n))
    assert.same({}, rows[1].tags)
    assert.equal(1, rows[2].n)
    assert.same({ 1, 5 }, lines)
    assert.equal("3: is no JSON object", wrong[1])
    assert.matches("^4: is no JSON: ", wrong[2])
  end)

  it("takes arrays and functions that return one row after the other", function()
    local seen = {}
    for row, line, why in convoke.rows { { n = 1 }, "two", { n = 3 } } do
      seen[#seen + 1] = row and row.n .. "@" .. line or line .. ": " .. why
    end
    assert.same({ "1@1", "2: is no table but a string", "3@3" }, seen)
    local left = 3
    local function count_down()
      left = left - 1
      if left >= 0 then return { n = left } end
    end
    seen = {}
    for row in convoke.rows(count_down) do seen[#seen + 1] = row.n end
    assert.same({ 2, 1, 0 }, seen)
  end)

  it("does not read a file ahead", function()
    local given = 0
    local rows = convoke.rows(function()
      given = given + 1
      return { n = given }
    end):open()
    assert.equal(1, rows().n)
    assert.equal(1, given)
    path = os.tmpname() .. ".csv"
    local file = assert(io.open(path, "wb"))
    file:write "a\n"
    for _ = 1, 20000 do file:write(("x"):rep(999), "\n") end
    file:close()
    collectgarbage()
    local before, most, count = collectgarbage "count", 0, 0
    for _ in convoke.rows(path) do
      count = count + 1
      if count % 1000 == 0 then -- how much garbage there is meanwhile is up to the collector
        collectgarbage()
        most = math.max(most, collectgarbage "count" - before)
      end
    end
    assert.equal(20000, count)
    assert.is_true(most < 1024, ("%.0f KiB of 20 MiB were held"):format(most))
  end)

  it("reads the file anew each time", function()
    read "a\n1\n2\n"
    local rows, count = convoke.rows(path), 0
    for _ in rows do count = count + 1 end
    for _ in rows do count = count + 1 end
    assert.equal(4, count)
    local walk = rows:open()
    walk()
    assert.equal("2", walk().a)
  end)

  it("raises an error that says why a file cannot be read", function()
    local function failure(...)
      local read_it, err = pcall(read, ...)
      assert.is_false(read_it)
      return tostring(err)
    end
    assert.matches("no header: the file is empty", failure "")
    for _, mark in ipairs { "\255\254", "\254\255" } do
      assert.matches("is not in UTF%-8 but in UTF%-16", failure(mark .. "a\0\n\0"))
      assert.matches("is not in UTF%-8 but in UTF%-16", failure(mark .. "{\0}\0\n\0", "jsonl"))
    end
    assert.matches(":1: two columns are called a", failure "a,a\n1,2\n")
    assert.matches(":1: column 2 of the header has no name", failure "a,\n1,2\n")
    local _, err = pcall(convoke.rows "/nowhere/people.csv")
    assert.equal("invalid", err.kind)
    assert.matches("/nowhere/people.csv", tostring(err))
  end)

  it("raises for misuse, and points at the caller", function()
    assert.error_matches(function() convoke.rows(1) end,
      "convoke.rows: a path, an array or a function is needed, not number")
    assert.error_matches(function() convoke.rows("a.csv", { seperator = ";" }) end,
      "unknown option seperator; did you mean separator%?")
    assert.error_matches(function() convoke.rows("a.csv", { separator = ";;" }) end,
      "separator must be one character")
    assert.error_matches(function() convoke.rows "people.xlsx" end,
      'the format of people.xlsx must be told: format = "csv" or "jsonl"')
  end)
end)
