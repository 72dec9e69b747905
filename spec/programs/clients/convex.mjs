// Convex's client for JavaScript against the sandbox: the six functions of the app, by its own way
// of calling them, and the others of a deployment.

import assert from "node:assert/strict"
import { ConvexHttpClient } from "convex/browser"
import { anyApi } from "convex/server"
import { ConvexError } from "convex/values"
import { check, end, failure, origin, sandbox } from "./check.mjs"

const lines = []
const logger = {
  log: (...words) => lines.push(words.join(" ")),
  warn: (...words) => lines.push(words.join(" ")),
  error: (...words) => lines.push(words.join(" ")),
  logVerbose: () => {},
}
const signedIn = new ConvexHttpClient(sandbox.url, { auth: sandbox.token, logger })
const stranger = new ConvexHttpClient(sandbox.url, { logger })

// Every kind of value that Convex knows.
const values = {
  null: null, yes: true, float: 1.5, whole: 3, minusZero: -0, nan: NaN, infinity: -Infinity,
  int64: -9007199254740993n, text: "d\u00e9j\u00e0 \u{1f600}", bytes: new Uint8Array([0, 255, 7]).buffer,
  array: [1n, [], {}], object: { nested: { n: 2n ** 62n } },
}

let session

await check("creates a session", async () => {
  session = await signedIn.mutation(anyApi.sessions.create, {
    questionId: sandbox.question_id, agentThreadId: "thread", assistantId: "assistant",
    functionName: "two_sum", inputParameters: [],
  })
  assert.equal(typeof session, "string")
})

await check("is told that a session is active", async () => {
  const error = await failure(signedIn.mutation(anyApi.sessions.create, {
    questionId: sandbox.question_id, agentThreadId: "thread", assistantId: "assistant",
    functionName: "two_sum", inputParameters: ["nums"],
  }))
  assert.match(error.message, /ActiveSessionAlreadyExists/)
})

await check("starts and ends a session", async () => {
  assert.equal(await signedIn.mutation(anyApi.sessions.startSession, { sessionId: session }), null)
  assert.equal(await signedIn.mutation(anyApi.sessions.endSession, { sessionId: session }), null)
  const error = await failure(signedIn.mutation(anyApi.sessions.startSession, { sessionId: session }))
  assert.match(error.message, /Session already completed/)
})

await check("keeps a snapshot of an editor", async () => {
  const id = await signedIn.mutation(anyApi.editorSnapshots.create, {
    sessionId: session,
    editor: { language: "python", content: "pass", lastUpdated: Date.now(), functionName: "f",
      inputParameters: ["a"] },
    terminal: { output: "", isError: false, executionTime: 0.25 },
  })
  assert.equal(typeof id, "string")
})

await check("makes a profile, and applies an invite code, whose log line arrives", async () => {
  const profile = await signedIn.mutation(anyApi.admins.createUserProfile, { role: "user" })
  assert.equal(profile.role, "admin")
  assert.equal(typeof profile._creationTime, "number")
  lines.length = 0
  const answer = await signedIn.mutation(anyApi.inviteCodes.applyInviteCode,
    { code: sandbox.admin_invite_code })
  assert.equal(answer, null)
  assert.match(lines.join("\n"), /Applying invite code/)
})

await check("reads the data of an application's error", async () => {
  const error = await failure(signedIn.mutation(anyApi.inviteCodes.applyInviteCode, { code: "no" }))
  assert.ok(error instanceof ConvexError)
  assert.deepEqual(error.data, { code: "InviteCodeNotFound", message: "Invite code not found" })
})

await check("is told that nobody is signed in", async () => {
  const error = await failure(stranger.mutation(anyApi.sessions.endSession, { sessionId: session }))
  assert.equal(error.data.code, "UNAUTHORIZED")
})

await check("is told which argument is wrong", async () => {
  const error = await failure(signedIn.mutation(anyApi.inviteCodes.applyInviteCode, { code: 1 }))
  assert.match(error.message, /ArgumentValidationError/)
})

await check("keeps every kind of value, by mutation, query and action", async () => {
  for (const [verb, name] of [["mutation", "echo"], ["query", "read"], ["action", "act"]]) {
    const answer = await signedIn[verb](anyApi.testing[name], values)
    assert.deepEqual(answer, values)
    assert.ok(Object.is(answer.minusZero, -0))
  }
})

await check("keeps every kind of value in an error", async () => {
  const error = await failure(signedIn.mutation(anyApi.testing.fail, { data: values }))
  assert.deepEqual(error.data, values)
})

await check("is told that a function is of another kind, or unknown", async () => {
  const kind = await failure(signedIn.mutation(anyApi.testing.read, {}))
  assert.match(kind.message, /defined as Query/)
  const unknown = await failure(signedIn.query(anyApi.testing.none, {}))
  assert.match(unknown.message, /Could not find public function/)
})

await check("is told that its token is none", async () => {
  const client = new ConvexHttpClient(sandbox.url, { auth: "a.b", logger })
  const error = await failure(client.query(anyApi.testing.read, {}))
  assert.equal(JSON.parse(error.message).code, "InvalidAuthHeader")
})

await check("reads several times at one moment", async () => {
  const client = new ConvexHttpClient(sandbox.url, { auth: sandbox.token, logger })
  for (const n of [1, 2]) {
    assert.deepEqual(await client.consistentQuery(anyApi.testing.read, { n }), { n })
  }
})

await check("calls functions of any kind by a deploy key, and by nothing else", async () => {
  const client = new ConvexHttpClient(sandbox.url, { logger })
  client.setAdminAuth(sandbox.deploy_key)
  for (const name of ["testing:echo", "testing:read", "testing:act"]) {
    assert.deepEqual(await client.function(name, undefined, values), values)
  }
  const error = await failure(signedIn.function("testing:read", undefined, {}))
  assert.equal(JSON.parse(error.message).code, "BadDeployKey")
})

await check("acts as a user by a deploy key", async () => {
  const client = new ConvexHttpClient(sandbox.url, { logger })
  client.setAdminAuth(sandbox.deploy_key, { issuer: origin, subject: "user_sandbox_admin" })
  const profile = await client.mutation(anyApi.admins.createUserProfile, { role: "admin" })
  assert.equal(profile.userId, "user_sandbox_admin")
})

end()
