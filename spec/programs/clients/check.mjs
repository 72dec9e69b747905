// What the programs in JavaScript share: they print a line a case, as main.lua reads it.

import assert from "node:assert/strict"

/** The sandbox's address and credentials, as its first line tells them; with its control token. */
export const sandbox = JSON.parse(process.env.SANDBOX)

/** The address without a path. */
export const origin = new URL(sandbox.url).origin

/** Runs a case: an async function that throws where something is wrong. */
export async function check(text, body) {
  try {
    await body()
    console.log(`ok    ${text}`)
  } catch (error) {
    const shown = `${error.stack ?? error} ${error.errors ? JSON.stringify(error.errors) : ""}`
    console.log(`FAIL  ${text}\n${shown.replace(/^/gm, "      ")}`)
  }
}

/** The error that a promise ends with; throws where it ends without one. */
export async function failure(promise) {
  try {
    await promise
  } catch (error) {
    return error
  }
  throw new assert.AssertionError({ message: "no error came back" })
}

/** A request on the sandbox's control path; returns the decoded answer. */
export async function control(method, path, data) {
  const answer = await fetch(`${origin}/_control/${path}`, {
    method,
    headers: { authorization: `Bearer ${sandbox.control_token}`, "content-type": "application/json" },
    body: method === "GET" ? undefined : JSON.stringify(data ?? {}),
  })
  assert.equal(answer.status, 200)
  return answer.json()
}

/** Says that the program came to its end. */
export function end() {
  console.log("end")
}
