// Clerk's client for JavaScript against the sandbox.

import assert from "node:assert/strict"
import { createClerkClient } from "@clerk/backend"
import { check, control, end, failure, origin, sandbox } from "./check.mjs"

const clerk = createClerkClient({ secretKey: sandbox.secret_key, apiUrl: origin })
const organizationId = sandbox.organization_id
const userId = sandbox.user_id

// Invitations ------------------------------------------------------------------------------------

let ada

await check("creates an invitation", async () => {
  ada = await clerk.invitations.createInvitation({
    emailAddress: "ada@example.com",
    publicMetadata: { team: "red", deep: { list: [1, null, "a"] } },
    redirectUrl: "https://app.example.com/welcome",
    expiresInDays: 3,
    notify: true,
    ignoreExisting: false,
    templateSlug: "invitation",
  })
  assert.match(ada.id, /^inv_\w+$/)
  assert.equal(ada.emailAddress, "ada@example.com")
  assert.equal(ada.status, "pending")
  assert.deepEqual(ada.publicMetadata, { team: "red", deep: { list: [1, null, "a"] } })
  assert.ok(ada.url.startsWith("http"))
  assert.equal(ada.raw.expires_at - ada.createdAt, 3 * 24 * 3600 * 1000)
})

await check("is told that an address has a pending invitation", async () => {
  const error = await failure(clerk.invitations.createInvitation({ emailAddress: "ada@example.com" }))
  assert.equal(error.status, 400)
  assert.equal(error.errors[0].code, "duplicate_record")
  assert.deepEqual(error.errors[0].meta.emailAddresses, ["ada@example.com"])
  assert.match(error.clerkTraceId, /^\w+$/)
})

await check("is told which parameter is wrong", async () => {
  const error = await failure(clerk.invitations.createInvitation({ emailAddress: "nobody" }))
  assert.equal(error.status, 422)
  assert.equal(error.errors[0].code, "form_param_format_invalid")
  assert.equal(error.errors[0].meta.paramName, "email_address")
})

await check("creates several invitations at once", async () => {
  const made = await clerk.invitations.createInvitationBulk([
    { emailAddress: "bea@example.com", publicMetadata: { n: 1 } },
    { emailAddress: "cid@example.com", notify: false },
  ])
  assert.deepEqual(made.map((one) => one.emailAddress), ["bea@example.com", "cid@example.com"])
  assert.deepEqual(made.map((one) => one.status), ["pending", "pending"])
})

await check("creates no more than ten at once", async () => {
  const rows = Array.from({ length: 11 }, (_, i) => ({ emailAddress: `many${i}@example.com` }))
  const error = await failure(clerk.invitations.createInvitationBulk(rows))
  assert.equal(error.errors[0].code, "bulk_size_exceeded")
})

await check("lists invitations, page by page, with their number", async () => {
  const first = await clerk.invitations.getInvitationList({ limit: 2, orderBy: "+email_address" })
  const second = await clerk.invitations.getInvitationList({
    limit: 2, offset: 2, orderBy: "+email_address",
  })
  assert.equal(first.totalCount, 3)
  assert.deepEqual(first.data.concat(second.data).map((one) => one.emailAddress),
    ["ada@example.com", "bea@example.com", "cid@example.com"])
})

await check("revokes an invitation, once", async () => {
  const revoked = await clerk.invitations.revokeInvitation(ada.id)
  assert.equal(revoked.status, "revoked")
  assert.equal(revoked.revoked, true)
  const error = await failure(clerk.invitations.revokeInvitation(ada.id))
  assert.equal(error.errors[0].code, "invitation_already_revoked")
})

await check("lists invitations by status and by address", async () => {
  const revoked = await clerk.invitations.getInvitationList({ status: "revoked" })
  assert.deepEqual(revoked.data.map((one) => one.id), [ada.id])
  const found = await clerk.invitations.getInvitationList({ query: "bea@example.com" })
  assert.deepEqual(found.data.map((one) => one.emailAddress), ["bea@example.com"])
})

await check("is told when to ask again", async () => {
  await control("POST", "faults", { status: 429, headers: { "Retry-After": "7" } })
  const error = await failure(clerk.invitations.getInvitationList())
  assert.equal(error.status, 429)
  assert.equal(error.retryAfter, 7)
})

await check("is told that its key is wrong", async () => {
  const stranger = createClerkClient({ secretKey: "sk_test_wrong", apiUrl: origin })
  const error = await failure(stranger.invitations.getInvitationList())
  assert.equal(error.status, 401)
  assert.equal(error.errors[0].code, "clerk_key_invalid")
})

// Invitations into an organization ---------------------------------------------------------------

let member

await check("invites into an organization", async () => {
  member = await clerk.organizations.createOrganizationInvitation({
    organizationId, emailAddress: "dan@example.com", role: "org:member", inviterUserId: userId,
    publicMetadata: { seat: 4 }, privateMetadata: { cost: 2.5 },
    redirectUrl: "https://app.example.com/join", expiresInDays: 2,
  })
  assert.match(member.id, /^orginv_\w+$/)
  assert.equal(member.organizationId, organizationId)
  assert.equal(member.role, "org:member")
  assert.equal(member.status, "pending")
  assert.deepEqual(member.publicMetadata, { seat: 4 })
  assert.deepEqual(member.privateMetadata, { cost: 2.5 })
  assert.equal(member.expiresAt - member.createdAt, 2 * 24 * 3600 * 1000)
})

await check("is told that an address is invited into the organization already", async () => {
  const error = await failure(clerk.organizations.createOrganizationInvitation({
    organizationId, emailAddress: "dan@example.com", role: "org:member",
  }))
  assert.equal(error.status, 400)
  assert.equal(error.errors[0].code, "organization_invitation_not_unique")
})

await check("invites several into an organization at once", async () => {
  const made = await clerk.organizations.createOrganizationInvitationBulk(organizationId, [
    { emailAddress: "eve@example.com", role: "org:admin" },
    { emailAddress: "fay@example.com", role: "org:member", inviterUserId: userId },
  ])
  assert.equal(made.totalCount, 2)
  assert.deepEqual(made.data.map((one) => one.emailAddress), ["eve@example.com", "fay@example.com"])
})

await check("gets one invitation of an organization", async () => {
  const got = await clerk.organizations.getOrganizationInvitation({
    organizationId, invitationId: member.id,
  })
  assert.deepEqual(got.raw, member.raw)
})

await check("revokes an invitation of an organization, once", async () => {
  const ask = { organizationId, invitationId: member.id, requestingUserId: userId }
  const revoked = await clerk.organizations.revokeOrganizationInvitation(ask)
  assert.equal(revoked.status, "revoked")
  const error = await failure(clerk.organizations.revokeOrganizationInvitation(ask))
  assert.equal(error.status, 404)
  assert.equal(error.errors[0].code, "organization_invitation_not_pending")
})

await check("lists invitations of an organization by several statuses", async () => {
  const all = await clerk.organizations.getOrganizationInvitationList({
    organizationId, status: ["pending", "revoked"], limit: 2,
  })
  assert.equal(all.totalCount, 3)
  assert.equal(all.data.length, 2)
  const pending = await clerk.organizations.getOrganizationInvitationList({
    organizationId, status: ["pending"],
  })
  assert.equal(pending.totalCount, 2)
})

await check("lists invitations of a user into organizations", async () => {
  const none = await clerk.users.getOrganizationInvitationList({ userId, status: "pending" })
  assert.deepEqual(none.data, [])
  assert.equal(none.totalCount, 0)
})

// Sessions ---------------------------------------------------------------------------------------

let session

await check("creates a session", async () => {
  session = await clerk.sessions.createSession({ userId })
  assert.match(session.id, /^sess_\w+$/)
  assert.equal(session.userId, userId)
  assert.equal(session.status, "active")
  assert.ok(session.expireAt > session.createdAt)
})

await check("lists the sessions of a user", async () => {
  const list = await clerk.sessions.getSessionList({ userId, status: "active" })
  assert.equal(list.totalCount, 1)
  assert.equal(list.data[0].id, session.id)
})

await check("gets one session", async () => {
  assert.deepEqual(await clerk.sessions.getSession(session.id), session)
  const error = await failure(clerk.sessions.getSession("sess_none"))
  assert.equal(error.status, 404)
  assert.equal(error.errors[0].code, "resource_not_found")
})

await check("makes tokens of a session, by a template, too", async () => {
  const plain = await clerk.sessions.getToken(session.id, undefined, 60)
  assert.match(plain.jwt, /^[\w-]+\.[\w-]+\.[\w-]+$/)
  const other = await clerk.sessions.getToken(session.id, "sandbox")
  assert.notEqual(other.jwt, plain.jwt)
  const error = await failure(clerk.sessions.getToken(session.id, "none"))
  assert.equal(error.status, 404)
})

await check("refreshes a session, once", async () => {
  const books = await control("GET", "books")
  const refreshToken = books.sessions.find((one) => one.id === session.id).refresh_token
  const ask = {
    expired_token: "a.b.c", refresh_token: refreshToken, request_origin: "https://app.example.com",
    request_headers: { "user-agent": ["test"] }, format: "cookie",
  }
  const cookies = await clerk.sessions.refreshSession(session.id, ask)
  assert.match(cookies.cookies[0], /^__session=/)
  const error = await failure(clerk.sessions.refreshSession(session.id, ask))
  assert.equal(error.status, 401)
})

await check("is told that sessions are no longer verified by the API", async () => {
  const error = await failure(clerk.sessions.verifySession(session.id, "a.b.c"))
  assert.equal(error.status, 410)
  assert.equal(error.errors[0].code, "operation_deprecated")
})

await check("revokes a session", async () => {
  assert.equal((await clerk.sessions.revokeSession(session.id)).status, "revoked")
  assert.equal((await clerk.sessions.getSession(session.id)).status, "revoked")
})

// The waitlist -----------------------------------------------------------------------------------

let waiting

await check("puts an address on the waitlist, once", async () => {
  waiting = await clerk.waitlistEntries.create({ emailAddress: "gil@example.com", notify: false })
  assert.equal(waiting.emailAddress, "gil@example.com")
  assert.equal(waiting.status, "pending")
  assert.equal(waiting.invitation, null)
  const again = await clerk.waitlistEntries.create({ emailAddress: "gil@example.com" })
  assert.equal(again.id, waiting.id)
})

let row

await check("puts several addresses on the waitlist at once", async () => {
  row = await clerk.waitlistEntries.createBulk([
    { emailAddress: "hal@example.com" }, { emailAddress: "ida@example.com", notify: false },
  ])
  assert.deepEqual(row.map((one) => one.emailAddress), ["hal@example.com", "ida@example.com"])
})

await check("invites from the waitlist", async () => {
  const invited = await clerk.waitlistEntries.invite(waiting.id, { ignoreExisting: false })
  assert.equal(invited.status, "invited")
  assert.equal(invited.invitation.emailAddress, "gil@example.com")
  const again = await failure(clerk.waitlistEntries.invite(waiting.id))
  assert.equal(again.status, 409)
})

await check("rejects from the waitlist", async () => {
  assert.equal((await clerk.waitlistEntries.reject(row[0].id)).status, "rejected")
})

await check("deletes from the waitlist", async () => {
  const gone = await clerk.waitlistEntries.delete(row[1].id)
  assert.equal(gone.deleted, true)
  assert.equal(gone.id, row[1].id)
  const error = await failure(clerk.waitlistEntries.delete(row[1].id))
  assert.equal(error.status, 404)
})

await check("lists the waitlist", async () => {
  const list = await clerk.waitlistEntries.list({ orderBy: "+email_address", limit: 10 })
  assert.equal(list.totalCount, 2)
  assert.deepEqual(list.data.map((one) => one.status), ["invited", "rejected"])
  const found = await clerk.waitlistEntries.list({ status: "rejected", query: "hal@" })
  assert.deepEqual(found.data.map((one) => one.id), [row[0].id])
})

end()
