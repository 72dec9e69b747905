"""CVAT's client for Python against the sandbox, which is the server of the client's time.

The oldest client knows the five operations of 2.2; later ones accept, decline and resend; the
newest has no update any more, and access tokens.
"""

import json
import logging
from http import HTTPStatus

from check import check, end, equal, failure, origin, sandbox
from cvat_sdk import Client, models
from cvat_sdk.api_client import exceptions
from cvat_sdk.version import VERSION

logging.disable(logging.WARNING)  # that the server cannot be asked for its version

OLDEST, NEWEST = VERSION.startswith("2.3."), VERSION.startswith("2.80.")
SLUG = "sandbox"
kept = {}  # what later cases need of earlier ones


def client_of(user):
    """A client that has logged in."""
    client = Client(origin, check_server_version=False)
    client.login((user, sandbox["password"]))
    return client


owner = client_of(sandbox["username"])
invitations = owner.api_client.invitations_api


def invite(email, role="worker"):
    """Invites into the organization; returns the decoded answer (a dict).

    The oldest client cannot read it: its document knows another one than the servers give.
    """
    request = models.InvitationWriteRequest(role=models.RoleEnum(role), email=email)
    made, response = invitations.create(
        request, x_organization=SLUG, _parse_response=not OLDEST
    )
    equal(response.status, HTTPStatus.CREATED)
    if OLDEST:
        return json.loads(response.data)
    equal(made.key, json.loads(response.data)["key"])
    return json.loads(response.data)


@check("asks for the server's version")
def _():
    if OLDEST:  # asks before it logs in, which that server refuses
        about, _ = owner.api_client.server_api.retrieve_about()
    else:
        with Client(origin, check_server_version=True) as client:
            about, _ = client.api_client.server_api.retrieve_about()
    equal(about.version.split(".")[:2], (["2", "2"] if OLDEST else VERSION.split(".")[:2]))
    if NEWEST:
        assert about.logo_url.startswith("http"), about.logo_url
        equal(isinstance(about.subtitle, str), True)


@check("is told that a password is wrong")
def _():
    client = Client(origin, check_server_version=False)
    error = failure(exceptions.ApiException, lambda: client.login((sandbox["username"], "wrong")))
    equal(error.status, HTTPStatus.BAD_REQUEST)


@check("ends its login")
def _():
    client = client_of("max")
    client.api_client.invitations_api.list(x_organization=SLUG)
    client.logout()
    error = failure(
        exceptions.ApiException,
        lambda: client.api_client.invitations_api.list(x_organization=SLUG),
    )
    equal(error.status, HTTPStatus.UNAUTHORIZED)


if NEWEST:

    @check("is known by an access token")
    def _():
        from cvat_sdk.core.client import AccessTokenCredentials

        client = Client(origin, check_server_version=False)
        client.login(AccessTokenCredentials(sandbox["access_token"]))
        client.organization_slug = SLUG
        page, _ = client.api_client.invitations_api.list()
        equal(page.count, 0)
        client.login(AccessTokenCredentials("none"))
        error = failure(exceptions.ApiException, client.api_client.invitations_api.list)
        equal(error.status, HTTPStatus.UNAUTHORIZED)


@check("invites somebody who has an account")
def _():
    made = invite("greta@example.com", "supervisor")
    equal((made["role"], made["user"]["username"]), ("supervisor", "greta"))
    kept["known"] = made["key"]


if OLDEST:

    @check("cannot invite somebody who has no account")
    def _():
        error = failure(exceptions.ApiException, lambda: invite("ada@example.com"))
        equal(error.status, HTTPStatus.BAD_REQUEST)
        assert "not a valid email in the system" in str(error.body), error.body

else:

    @check("invites somebody who has no account")
    def _():
        kept["new"] = invite("ada@example.com")["key"]
        made, _ = invitations.retrieve(kept["new"])
        equal((made.user.username, made.expired), ("ada@example.com", False))
        equal(made.organization_info.slug, SLUG)
        if NEWEST:
            equal(made.accepted, False)


@check("is told that somebody is a member already")
def _():
    error = failure(exceptions.ApiException, lambda: invite("greta@example.com"))
    equal(error.status, HTTPStatus.BAD_REQUEST)
    assert "member of the organization already" in str(error.body), error.body


@check("is told that a role is not hers to give")
def _():
    error = failure(exceptions.ApiException, lambda: invite("ivy@example.com", "owner"))
    equal(error.status, HTTPStatus.FORBIDDEN)


@check("invites somebody who has to accept")
def _():
    kept["ivy"] = invite("ivy@example.com")["key"]


@check("retrieves an invitation")
def _():
    got, response = invitations.retrieve(kept["known"])
    equal(response.status, HTTPStatus.OK)
    equal((got.key, got.role.value, got.user.username), (kept["known"], "supervisor", "greta"))
    equal(got.owner.username, sandbox["username"])
    assert got.created_date.tzinfo is not None
    error = failure(exceptions.NotFoundException, lambda: invitations.retrieve("none"))
    equal(error.status, HTTPStatus.NOT_FOUND)


@check("lists invitations, page by page, newest first")
def _():
    count = 2 if OLDEST else 3
    names, page = [], 1
    while True:
        found, _ = invitations.list(x_organization=SLUG, page=page, page_size=1)
        equal(found.count, count)
        names.append(found.results[0].user.username)
        if not found.next:
            break
        page += 1
    equal(names, ["ivy", "greta"] if OLDEST else ["ivy", "ada@example.com", "greta"])


@check("lists invitations by a filter, a search and an order")
def _():
    rule = '{"==":[{"var":"owner"},"%s"]}' % sandbox["username"]
    count = 2 if OLDEST else 3
    equal(invitations.list(org=SLUG, filter=rule)[0].count, count)
    equal(invitations.list(org=SLUG, search="nobody")[0].count, 0)
    first, _ = invitations.list(org=SLUG, sort="created_date", page_size=1)
    equal(first.results[0].user.username, "greta")
    error = failure(exceptions.ApiException, lambda: invitations.list(org=SLUG, filter="{"))
    equal(error.status, HTTPStatus.BAD_REQUEST)


if not OLDEST:

    @check("lists invitations of an owner")
    def _():
        equal(invitations.list(org=SLUG, owner="max")[0].count, 0)
        equal(invitations.list(org=SLUG, owner=sandbox["username"])[0].count, 3)


if NEWEST:

    @check("lists invitations that are accepted, and those of a user")
    def _():
        accepted, _ = invitations.list(org=SLUG, accepted=True)
        equal([one.user.username for one in accepted.results], ["greta"])
        of_greta, _ = invitations.list(org=SLUG, user_id=accepted.results[0].user.id)
        equal([one.key for one in of_greta.results], [kept["known"]])


if OLDEST:

    @check("updates an invitation, which changes nothing")
    def _():
        ask = models.PatchedInvitationWriteRequest(
            role=models.RoleEnum("maintainer"), email="ivy@example.com"
        )
        _, response = invitations.partial_update(
            kept["ivy"], patched_invitation_write_request=ask, _parse_response=False
        )
        equal(response.status, HTTPStatus.OK)
        equal(invitations.retrieve(kept["ivy"])[0].role.value, "worker")

elif not NEWEST:

    @check("cannot update an invitation: the server fails")
    def _():
        ask = models.PatchedInvitationWriteRequest(role=models.RoleEnum("maintainer"))
        error = failure(
            exceptions.ServiceException,
            lambda: invitations.partial_update(
                kept["new"], patched_invitation_write_request=ask
            ),
        )
        equal(error.status, HTTPStatus.INTERNAL_SERVER_ERROR)


if not OLDEST:

    @check("sends an invitation again")
    def _():
        _, response = invitations.resend(kept["new"])
        equal(response.status, HTTPStatus.NO_CONTENT)
        error = failure(exceptions.ApiException, lambda: invitations.resend(kept["known"]))
        equal(error.status, HTTPStatus.BAD_REQUEST)

    @check("accepts an invitation, once")
    def _():
        ivy = client_of("ivy").api_client.invitations_api
        answer, response = ivy.accept(kept["ivy"])
        equal((response.status, answer.organization_slug), (HTTPStatus.OK, SLUG))
        error = failure(exceptions.ApiException, lambda: ivy.accept(kept["ivy"]))
        equal(error.status, HTTPStatus.BAD_REQUEST)

    @check("declines an invitation")
    def _():
        ivy = client_of("ivy").api_client.invitations_api
        equal(ivy.decline(kept["ivy"])[1].status, HTTPStatus.NO_CONTENT)
        failure(exceptions.NotFoundException, lambda: ivy.retrieve(kept["ivy"]))

    @check("cannot accept what is another one's")
    def _():
        error = failure(exceptions.ForbiddenException, lambda: invitations.accept(kept["new"]))
        equal(error.status, HTTPStatus.FORBIDDEN)


@check("deletes an invitation")
def _():
    _, response = invitations.destroy(kept["known"])
    equal(response.status, HTTPStatus.NO_CONTENT)
    failure(exceptions.NotFoundException, lambda: invitations.retrieve(kept["known"]))


@check("is told who she is, and in which organizations")
def _():
    caller, _ = owner.api_client.users_api.retrieve_self()
    equal((caller.username, caller.is_active), (sandbox["username"], True))
    found, response = owner.api_client.organizations_api.list(_parse_response=not OLDEST)
    if OLDEST:  # awaits them without pages
        equal([one["slug"] for one in json.loads(response.data)["results"]], [SLUG])
    else:
        equal([one.slug for one in found.results], [SLUG])
        equal(found.results[0].owner.username, sandbox["username"])


@check("lists the members of an organization, and takes one out")
def _():
    # The oldest client cannot read that an owner was never invited.
    memberships = owner.api_client.memberships_api
    _, response = memberships.list(x_organization=SLUG, sort="id", _parse_response=not OLDEST)
    found = json.loads(response.data)["results"]
    equal([one["user"]["username"] for one in found][:3], [sandbox["username"], "max", "wes"])
    one = next(one for one in found if one["user"]["username"] == "greta")
    got, response = memberships.retrieve(one["id"], _parse_response=not OLDEST)
    equal(json.loads(response.data), one)
    if not OLDEST:
        equal((got.role, got.user.username, got.is_active), ("supervisor", "greta", True))
    equal(memberships.destroy(one["id"])[1].status, HTTPStatus.NO_CONTENT)
    failure(exceptions.NotFoundException, lambda: memberships.retrieve(one["id"]))


@check("is told that an organization is none of hers")
def _():
    error = failure(
        exceptions.ApiException, lambda: invitations.list(x_organization="elsewhere")
    )
    equal(error.status, HTTPStatus.FORBIDDEN)


end()
