"""Python's requests: one session, one call after another."""

import plan
import requests

session = requests.Session()
session.headers.update(plan.headers)
options = {"timeout": 30, "verify": plan.ca or True}


def one(number):
    if plan.is_list:
        answer = session.get(plan.url + "/invitations", params={"limit": 500}, **options)
    else:
        answer = session.post(plan.url + "/invitations", json=plan.invitation(number), **options)
    answer.raise_for_status()
    value = answer.json()
    assert len(value["data"]) == 500 if plan.is_list else value["id"]


def perform(calls):
    for number in range(calls):
        one(number)


perform(plan.warmup)
with plan.Measured():
    perform(plan.calls)
