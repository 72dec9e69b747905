"""Gencove's client (its command line's module) against the sandbox."""

import json
import urllib.request

from check import check, control, end, equal, failure, origin, sandbox
from gencove.client import APIClient, APIClientError
from gencove.exceptions import MaintenanceError

ACCESS_LIFE = 3600  # seconds; an access token is valid for less
MEMBERS = 24  # more than a page holds


def by_key():
    """A client with an API key."""
    client = APIClient(host=origin)
    client.set_api_key(sandbox["api_key"])
    return client


def by_login():
    """A client that has logged in."""
    client = APIClient(host=origin)
    client.login(sandbox["email"], sandbox["password"])
    return client


@check("logs in")
def _():
    jwt = APIClient(host=origin).get_jwt(sandbox["email"], sandbox["password"], None)
    equal((jwt.access.count("."), jwt.refresh.count(".")), (2, 2))


@check("is told that a password is wrong")
def _():
    client = APIClient(host=origin)
    error = failure(APIClientError, lambda: client.login(sandbox["email"], "wrong"))
    equal(error.status_code, 401)


@check("refreshes an access token")
def _():
    client = APIClient(host=origin)
    jwt = client.get_jwt(sandbox["email"], sandbox["password"], None)
    equal(client.refresh_token(jwt.refresh).access.count("."), 2)
    error = failure(APIClientError, lambda: client.refresh_token("none"))
    equal(error.status_code, 401)


@check("is told who it is")
def _():
    user = by_key().get_user_details()
    equal(user.email, sandbox["email"])


@check("refreshes its login by itself")
def _():
    client = by_login()
    equal(client.get_user_details().email, sandbox["email"])
    control("POST", "clock", {"advance": ACCESS_LIFE})
    equal(client.get_user_details().email, sandbox["email"])


@check("reads its organization")
def _():
    organization = by_login().get_organization_details()
    equal((organization.name, organization.uploads_enabled), ("Example Org", True))


def post(path, data):
    """A call that the client does not have; returns the decoded answer."""
    request = urllib.request.Request(
        sandbox["url"] + path,
        data=json.dumps(data).encode(),
        headers={
            "Authorization": "Api-Key " + sandbox["api_key"],
            "Content-Type": "application/json",
            "X-Beside-The-Client": "yes",
        },
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


@check("lists the users of its organization, page by page")
def _():
    addresses = [f"member{i}@example.com" for i in range(MEMBERS)]
    for address in addresses:
        post("/invitations/", {"email": address})
    for one in control("GET", "books")["invitations"]:
        if one["email"] in addresses:
            post("/user-register/", {"email": one["email"], "password": "long enough 1", "name": "M",
                                     "invitation_token": one["token"]})
    users = list(by_key().get_organization_users())
    equal(sorted(one.email for one in users), sorted([sandbox["email"], *addresses]))
    equal([one.roles["organization"]["name"] for one in users if one.email == sandbox["email"]],
          ["owner"])


@check("repeats what was throttled")
def _():
    control("POST", "faults", {"status": 429})
    equal(by_key().get_user_details().email, sandbox["email"])


@check("is told of maintenance")
def _():
    control("POST", "faults", {"status": 503})
    error = failure(MaintenanceError, by_key().get_user_details)
    equal(error.eta, "2022-10-21T17:00:00")


end()
