--- The file of a SQLite store. `sqlite3 FILE` can ask it at any time:
--   SELECT state, count(*) FROM row GROUP BY state;
--   SELECT line, key, error FROM row WHERE state = 'unknown';
-- Times are seconds since 1970, by a clock that never goes back (see table boot).

local schema = {}

--- Marks the file as ours: "cvkJ".
schema.application_id = 0x63766b4a

--- Of the tables below. A file of another version is refused.
schema.version = 2

schema.schema = [[
-- The jobs of the file, which are told apart by their names.
CREATE TABLE job (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  api TEXT NOT NULL,            -- 'clerk'
  operation TEXT NOT NULL,      -- 'clerk.invitations.create'
  settings TEXT NOT NULL,       -- JSON: limits, timeout, retries; never a credential
  paused INTEGER NOT NULL DEFAULT 0,
  loaded INTEGER NOT NULL DEFAULT 0, -- all rows of the source have been read at least once
  held_until REAL NOT NULL DEFAULT 0, -- the API has asked to wait until then
  made_at REAL NOT NULL
);

-- The rows of a job. States: pending; sent (it may have left: written before it does); and at the
-- end done, refused, invalid, made (the API reported a failure, yet the object exists) or unknown.
CREATE TABLE row (
  id INTEGER PRIMARY KEY,
  job INTEGER NOT NULL REFERENCES job(id),
  key TEXT NOT NULL,            -- what makes a row one thing
  bad INTEGER NOT NULL DEFAULT 0, -- 1: not a row that could be read; its key is its line
  line INTEGER,                 -- of the source, as it was read last
  reading INTEGER,              -- the worker that found it on that line first
  state TEXT NOT NULL,
  params TEXT,                  -- JSON: what the call is given
  fence INTEGER NOT NULL DEFAULT 0, -- rises with each claim: only the last claim may write
  worker INTEGER,               -- who has claimed it
  lease REAL,                   -- until when
  sent_at REAL,                 -- when it may have left first
  ended_at REAL,
  attempts INTEGER NOT NULL DEFAULT 0, -- claims
  looks INTEGER NOT NULL DEFAULT 0, -- claims that looked for what an earlier one may have made
  batch INTEGER,                -- of a row in state sent: NULL, it has a call of its own; 2, it is
                                -- looked for; 0, its call has ended and is counted, and it waits;
                                -- in jobs with batches 1, it stands for a call of several rows; 0,
                                -- it is another of those; -1, the API has refused that call
  object TEXT,                  -- id of what was made
  status INTEGER,               -- HTTP status of a failure
  code TEXT,                    -- the vendor's word for it
  error TEXT,
  UNIQUE (job, bad, key)
);
CREATE INDEX row_state ON row(job, state, id);
CREATE INDEX row_ended ON row(ended_at) WHERE ended_at IS NOT NULL;

-- Programs that work on a job. Each holds a lock on byte `id` of FILE-workers while it lives.
CREATE TABLE worker (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  job INTEGER NOT NULL REFERENCES job(id),
  since REAL NOT NULL,
  gone INTEGER NOT NULL DEFAULT 0
);

-- Calls that have ended lately: limits count them and the rows that are sent.
CREATE TABLE pace (
  job INTEGER NOT NULL REFERENCES job(id),
  scope TEXT NOT NULL,          -- '*': of all calls; else the name of an operation
  at REAL NOT NULL,
  calls INTEGER NOT NULL
);
CREATE INDEX pace_at ON pace(job, scope, at);

-- Starts of the machine: the time of the store is its clock since then (suspension counted) plus
-- `ahead`.
CREATE TABLE boot (
  id TEXT PRIMARY KEY,
  ahead REAL NOT NULL
);
]]

return schema
