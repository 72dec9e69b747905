"""What the programs in Python share: they print a line a case, as main.lua reads it."""

import json
import os
import traceback
import urllib.parse
import urllib.request

# The sandbox's address and credentials, as its first line tells them; with its control token.
sandbox = json.loads(os.environ["SANDBOX"])
_parts = urllib.parse.urlsplit(sandbox["url"])
origin = f"{_parts.scheme}://{_parts.netloc}"  # the address without a path


def check(text):
    """Decorates a case: a function that raises where something is wrong, and runs at once."""

    def run(body):
        try:
            body()
        except Exception:  # whatever the client raises
            print("FAIL  " + text)
            print("".join("      " + line for line in traceback.format_exc().splitlines(True)))
        else:
            print("ok    " + text)
        return body

    return run


def equal(found, wanted):
    """Raises unless both are the same."""
    if found != wanted:
        raise AssertionError(f"{found!r} in place of {wanted!r}")


def failure(kind, body):
    """The exception of class `kind` that `body()` raises; raises where there is none."""
    try:
        body()
    except kind as error:
        return error
    raise AssertionError("no error came back")


def control(method, path, data=None):
    """A request on the sandbox's control path; returns the decoded answer."""
    request = urllib.request.Request(
        f"{origin}/_control/{path}",
        data=None if method == "GET" else json.dumps(data or {}).encode(),
        method=method,
        headers={
            "Authorization": "Bearer " + sandbox["control_token"],
            "Content-Type": "application/json",
        },
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


def end():
    """Says that the program came to its end."""
    print("end")
