--- How the versions of CVAT differ that the sandbox imitates: one table of facts a version.
--
--   2.2   the age of the vendor's reference page
--   2.15  the newest that was run beside the sandbox, with all its answers recorded
--   2.80  the newest; known from its SDK and its sources, never run

local versions = {}

local DESCRIPTION = "CVAT is completely re-designed and re-implemented version of Video "
  .. "Annotation Tool from Irvine, California tool."

versions["2.2"] = {
  version = "2.2.0", description = DESCRIPTION,
  about_needs_login = true,
  takes_forms = true,
  takes_signatures = true,
  patch = "ignores", -- the fields are checked, and nothing changes
  member_refusal = "You should be an active member in the organization.",
  has_html_refusals = true, -- of an organization that is named wrongly
  all_in_a_page = true, -- page_size=all
  terms = { owner = true }, -- that a filter may name
  queries = {}, -- fields that the query may name
}

versions["2.15"] = {
  version = "2.15.0", description = DESCRIPTION,
  has_request_ids = true,
  takes_signatures = true,
  makes_accounts = true, -- for addresses that nobody has
  sends_mail = true,
  has_verbs = true, -- accept, decline and resend
  shows_expiry = true,
  patch = "fails",
  manages_pending = true, -- owners and maintainers see and end pending memberships
  empty_id_is_personal = true, -- `org_id=`
  all_in_a_page = true,
  terms = { owner = true, user_id = true, accepted = true },
  queries = { owner = true },
}

versions["2.80"] = {
  version = "2.80.0", description = DESCRIPTION,
  has_logo = true,
  has_request_ids = true,
  takes_access_tokens = true,
  makes_accounts = true,
  sends_mail = true,
  has_verbs = true,
  shows_expiry = true,
  shows_acceptance = true,
  manages_pending = true, -- owners and maintainers see and end pending memberships
  empty_id_is_personal = true,
  largest_page = 500,
  terms = { owner = true, user_id = true, accepted = true },
  queries = { owner = true, user_id = true, accepted = true },
}

--- The version without a choice.
versions.default = "2.2"

return versions
