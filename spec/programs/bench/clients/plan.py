"""The command line of clients in Python, and what they print; as plan.lua."""

import resource
import sys
import time

words = {
    "url": "http://127.0.0.1:8080/v1",
    "workload": "create",
    "width": "1",
    "calls": "1000",
    "warmup": "100",
}
words.update(word.split("=", 1) for word in sys.argv[1:])

url = words["url"]
width = int(words["width"])
calls = int(words["calls"])
warmup = int(words["warmup"])
connections = int(words.get("connections", width))
ca = words.get("ca")
is_list = words["workload"] == "list"
headers = {
    "Authorization": "Bearer sk_test_bench",
    "Accept": "application/json",
    "Clerk-API-Version": "2026-05-12",
}


def invitation(number):
    """The body of call `number`."""
    return {
        "email_address": f"player{number}@example.com",
        "public_metadata": {"team": "red", "level": 7},
        "notify": False,
        "expires_in_days": 7,
    }


def memory(name):
    """KiB, from a line of /proc/self/status."""
    with open("/proc/self/status") as status:
        for line in status:
            if line.startswith(name + ":"):
                return int(line.split()[1])


class Measured:
    """What runs in a `with` of it is measured, and its cost printed."""

    def __enter__(self):
        self.wall, self.usage = time.monotonic(), resource.getrusage(resource.RUSAGE_SELF)

    def __exit__(self, *failure):
        wall, usage = time.monotonic() - self.wall, resource.getrusage(resource.RUSAGE_SELF)
        processor = sum(usage[:2]) - sum(self.usage[:2])  # user and system
        print(f"calls={calls} cpu={processor:.6f} wall={wall:.6f}"
              f" rss={memory('VmRSS')} peak={memory('VmHWM')}")
