"""Usage: client.py DOCUMENT ADDRESS
Prints what a client of aiopenapi3 costs: processor time and memory until it is ready, and of a call."""
import json, pathlib, resource, sys, time

import aiopenapi3


def memory():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def milliseconds():
    return time.process_time() * 1000


document, address = sys.argv[1:]
before, began = memory(), milliseconds()
data = json.loads(pathlib.Path(document).read_text())
data["servers"] = [{"url": address}]
try:
    api = aiopenapi3.OpenAPI.loads(address + "/github.json", json.dumps(data))
except aiopenapi3.errors.SpecError as why:
    sys.exit(print("aiopenapi3             refuses the document: %s" % why))
call = api._["repos/get"]
ready = milliseconds() - began
parameters = {"owner": "lua", "repo": "lua"}


def request():
    headers, value, answer = call.request(parameters=parameters)
    return value


def try_one():
    try:
        request()
    except aiopenapi3.errors.ResponseDecodingError:
        pass  # the answer lacks what the model requires


first_began = milliseconds()
try_one()
first = milliseconds() - first_began
peak = memory() - before
count = 50
calls_began = milliseconds()
for _ in range(count):
    try_one()
each = (milliseconds() - calls_began) / count
print("%-22s ready %6.0f ms, %4.0f MB; first call %.1f ms, then %.0f us" % (
    "aiopenapi3", ready, peak, first, each * 1000))
