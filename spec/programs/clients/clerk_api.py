"""Clerk's client for Python against the sandbox."""

from check import check, control, end, equal, failure, sandbox
from clerk_backend_api import Clerk, models

clerk = Clerk(bearer_auth=sandbox["secret_key"], server_url=sandbox["url"])
organization, user = sandbox["organization_id"], sandbox["user_id"]
kept = {}  # what later cases need of earlier ones
DAY = 24 * 3600 * 1000  # milliseconds


def code_of(body):
    """The status and the first error's code of a refusal."""
    error = failure(models.ClerkErrors, body)
    return error.status_code, error.data.errors[0].code


# Invitations --------------------------------------------------------------------------------------


@check("creates an invitation")
def _():
    made = clerk.invitations.create(
        request={
            "email_address": "ada@example.com",
            "public_metadata": {"team": "red", "deep": {"list": [1, None, "a"]}},
            "redirect_url": "https://app.example.com/welcome",
            "expires_in_days": 3,
        }
    )
    equal(made.email_address, "ada@example.com")
    equal(made.status, models.InvitationStatus.PENDING)
    equal(made.public_metadata, {"team": "red", "deep": {"list": [1, None, "a"]}})
    equal(made.expires_at - made.created_at, 3 * DAY)
    kept["invitation"] = made.id


@check("is told that an address has a pending invitation")
def _():
    ask = {"email_address": "ada@example.com"}
    equal(code_of(lambda: clerk.invitations.create(request=ask)), (400, "duplicate_record"))


@check("creates several invitations at once")
def _():
    rows = [
        {"email_address": "bea@example.com", "public_metadata": {"n": 1}},
        {"email_address": "cid@example.com", "public_metadata": None, "notify": False},
    ]
    made = clerk.invitations.bulk_create(request=rows)
    equal([one.email_address for one in made], ["bea@example.com", "cid@example.com"])


@check("lists invitations, page by page, by status and by address")
def _():
    pages = [
        clerk.invitations.list(limit=2, offset=offset, order_by="email_address")
        for offset in (0, 2)
    ]
    equal([[one.email_address[:3] for one in page] for page in pages], [["ada", "bea"], ["cid"]])
    pending = models.ListInvitationsQueryParamStatus.PENDING
    found = clerk.invitations.list(status=pending, query="bea@example.com")
    equal([one.email_address for one in found], ["bea@example.com"])


@check("revokes an invitation, once")
def _():
    gone = clerk.invitations.revoke(invitation_id=kept["invitation"])
    equal(gone.status.value, "revoked")
    again = code_of(lambda: clerk.invitations.revoke(invitation_id=kept["invitation"]))
    equal(again, (400, "invitation_already_revoked"))


@check("repeats what met a fault of the server")
def _():
    control("POST", "faults", {"status": 503})
    equal(len(clerk.invitations.list()), 2)


@check("is told that its key is wrong")
def _():
    stranger = Clerk(bearer_auth="sk_test_wrong", server_url=sandbox["url"])
    error = failure(models.ClerkBaseError, stranger.invitations.list)
    equal(error.status_code, 401)


# Invitations into an organization -----------------------------------------------------------------


@check("invites into an organization")
def _():
    made = clerk.organization_invitations.create(
        organization_id=organization,
        email_address="dan@example.com",
        role="org:member",
        inviter_user_id=user,
        public_metadata={"seat": 4},
        private_metadata={"cost": 2.5},
        redirect_url="https://app.example.com/join",
        expires_in_days=2,
    )
    equal((made.role, made.status), ("org:member", "pending"))
    equal((made.public_metadata, made.private_metadata), ({"seat": 4}, {"cost": 2.5}))
    equal(made.public_inviter_data.user_id, user)
    equal(made.expires_at - made.created_at, 2 * DAY)
    kept["member"] = made


@check("invites several into an organization at once")
def _():
    rows = [
        {"email_address": "eve@example.com", "role": "org:admin"},
        {"email_address": "fay@example.com", "role": "org:member", "inviter_user_id": user},
    ]
    made = clerk.organization_invitations.bulk_create(
        organization_id=organization, request_body=rows
    )
    equal(made.total_count, 2)
    equal([one.role for one in made.data], ["org:admin", "org:member"])


@check("gets one invitation of an organization")
def _():
    made = kept["member"]
    got = clerk.organization_invitations.get(
        organization_id=organization, invitation_id=made.id
    )
    equal(got.model_dump(), made.model_dump())


@check("revokes an invitation of an organization, once")
def _():
    ask = {"organization_id": organization, "invitation_id": kept["member"].id}
    gone = clerk.organization_invitations.revoke(**ask, requesting_user_id=user)
    equal(gone.status, "revoked")
    again = code_of(lambda: clerk.organization_invitations.revoke(**ask))
    equal(again, (404, "organization_invitation_not_pending"))


@check("lists invitations of an organization, its pending ones, and those of all organizations")
def _():
    one = clerk.organization_invitations.list(
        organization_id=organization, email_address="dan@example.com"
    )
    equal((one.total_count, one.data[0].id), (1, kept["member"].id))
    pending = clerk.organization_invitations.list_pending(organization_id=organization, limit=1)
    equal((pending.total_count, len(pending.data)), (2, 1))
    everything = clerk.organization_invitations.get_all(order_by="email_address", query="eve@")
    equal(everything.total_count, 1)
    equal(everything.data[0].public_organization_data.id, organization)


@check("lists invitations of a user into organizations")
def _():
    none = clerk.users.get_organization_invitations(user_id=user)
    equal((none.total_count, none.data), (0, []))


# Sessions -----------------------------------------------------------------------------------------


@check("creates a session")
def _():
    made = clerk.sessions.create(request={"user_id": user})
    equal((made.user_id, made.status.value), (user, "active"))
    kept["session"] = made


@check("lists the sessions of a user")
def _():
    active = models.QueryParamStatus.ACTIVE
    equal([one.id for one in clerk.sessions.list(user_id=user, status=active)],
          [kept["session"].id])


@check("gets one session")
def _():
    got = clerk.sessions.get(session_id=kept["session"].id)
    equal(got.model_dump(), kept["session"].model_dump())
    equal(code_of(lambda: clerk.sessions.get(session_id="sess_none")),
          (404, "resource_not_found"))


@check("makes tokens of a session, by a template, too")
def _():
    session = kept["session"].id
    token = clerk.sessions.create_token(session_id=session, expires_in_seconds=60)
    equal(token.jwt.count("."), 2)
    other = clerk.sessions.create_token_from_template(session_id=session, template_name="sandbox")
    equal((other.jwt == token.jwt, other.object.value), (False, "token"))


@check("refreshes a session, once")
def _():
    session = kept["session"].id
    books = control("GET", "books")["sessions"]
    ask = {
        "session_id": session,
        "expired_token": "a.b.c",
        "refresh_token": next(one for one in books if one["id"] == session)["refresh_token"],
        "request_origin": "https://app.example.com",
        "request_headers": {"user-agent": ["test"]},
    }
    equal(clerk.sessions.refresh(**ask).jwt.count("."), 2)
    equal(code_of(lambda: clerk.sessions.refresh(**ask))[0], 401)


@check("revokes a session")
def _():
    equal(clerk.sessions.revoke(session_id=kept["session"].id).status.value, "revoked")


# The waitlist -------------------------------------------------------------------------------------


@check("puts an address on the waitlist, once")
def _():
    ask = {"email_address": "gil@example.com", "notify": False}
    kept["waiting"] = clerk.waitlist_entries.create(request=ask)
    equal(kept["waiting"].status.value, "pending")
    equal(clerk.waitlist_entries.create(request=ask).id, kept["waiting"].id)


@check("puts several addresses on the waitlist at once")
def _():
    rows = [{"email_address": "hal@example.com"}, {"email_address": "ida@example.com"}]
    kept["row"] = clerk.waitlist_entries.bulk_create(request=rows)
    equal([one.email_address for one in kept["row"]], ["hal@example.com", "ida@example.com"])


@check("invites from the waitlist")
def _():
    ask = {"waitlist_entry_id": kept["waiting"].id}
    invited = clerk.waitlist_entries.invite(**ask)
    equal((invited.status.value, invited.invitation.email_address), ("invited", "gil@example.com"))
    equal(code_of(lambda: clerk.waitlist_entries.invite(**ask)),
          (409, "waitlist_entry_already_invited"))


@check("rejects from the waitlist")
def _():
    rejected = clerk.waitlist_entries.reject(waitlist_entry_id=kept["row"][0].id)
    equal(rejected.status.value, "rejected")


@check("deletes from the waitlist")
def _():
    gone = clerk.waitlist_entries.delete(waitlist_entry_id=kept["row"][1].id)
    equal((gone.deleted, gone.id), (True, kept["row"][1].id))


@check("lists the waitlist")
def _():
    rejected = models.ListWaitlistEntriesQueryParamStatus.REJECTED
    equal(clerk.waitlist_entries.list(limit=1).total_count, 2)
    found = clerk.waitlist_entries.list(status=rejected, query="hal@", order_by="email_address")
    equal([one.id for one in found.data], [kept["row"][0].id])


end()
