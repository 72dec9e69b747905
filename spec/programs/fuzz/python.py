"""Random JSON documents, some of them damaged, and what Python's json makes of each.

Usage: python3 spec/programs/fuzz/python.py SEED COUNT

For each document it writes a line with the sizes in bytes of two texts, then the texts: the document,
and its value as show() writes it, "refused" where it is none. python.lua reads that.
"""

import json
import math
import random
import struct
import sys

seed, count = int(sys.argv[1]), int(sys.argv[2])
chance = random.Random(seed)

LARGEST = 2**63


def number():
    kind = chance.randrange(6)
    if kind == 0:
        return str(chance.choice([0, -1, 2**53, 2**53 + 1, -(2**53) - 1, LARGEST - 1, -LARGEST]))
    if kind == 1:
        return str(chance.randrange(-LARGEST, LARGEST))
    if kind == 2:  # more than an integer holds
        return str(chance.choice([-1, 1]) * chance.randrange(LARGEST, 10**40))
    if kind == 3:
        digits = chance.randrange(10 ** chance.randrange(1, 25))
        return "%d.%de%d" % (chance.randrange(-999, 999), digits, chance.randrange(-330, 320))
    if kind == 4:
        return repr(chance.uniform(-1, 1) * 10 ** chance.randrange(-300, 300))
    while True:
        value = struct.unpack("<d", chance.randbytes(8))[0]
        if math.isfinite(value):
            return repr(value)


def string():
    letters = ["a", '"', "\\", "/", "\n", "\0", "\u00e9", "\u20ac", "\U0001d11e", "\u2028", "\x7f"]
    text = "".join(chance.choice(letters) for _ in range(chance.randrange(8)))
    return json.dumps(text, ensure_ascii=chance.random() < 0.5)


def document(depth):
    kind = chance.randrange(8 if depth else 5)
    if kind < 2:
        return number()
    if kind < 4:
        return string()
    if kind == 4:
        return chance.choice(["null", "true", "false"])
    members = [document(depth - 1) for _ in range(chance.randrange(5))]
    if kind < 7:
        return "[" + chance.choice([",", " ,\n"]).join(members) + "]"
    return "{" + ",".join('"k%d":%s' % (chance.randrange(4), each) for each in members) + "}"


def damage(document):
    """Takes out, puts in and replaces a few bytes."""
    changed = bytearray(document)
    for _ in range(chance.randrange(1, 4)):
        at = chance.randrange(len(changed) + 1)
        byte = chance.choice(b'[]{},:"\\0123456789.eE+-ntfu \t\x01\x80\xc3\xed')
        kind = chance.randrange(3)
        if kind == 0 and at < len(changed):
            del changed[at]
        elif kind == 1 and at < len(changed):
            changed[at] = byte
        else:
            changed.insert(at, byte)
    return bytes(changed)


# Where Python takes more than RFC 8259 allows, or gives another value, these make it as strict.


def real(text):
    value = float(text)
    if not math.isfinite(value):
        raise ValueError("too large")
    return value


def whole(text):
    value = int(text)
    return value if -LARGEST <= value < LARGEST and text != "-0" else real(text)


def constant(text):
    raise ValueError(text)


def check_text(text):
    text.encode()  # raises on half a surrogate pair


def check_pairs(pairs):
    for key, value in pairs:
        check_text(key)
        show(value)
    return dict(pairs)


def show(value):
    if value is None or value is True or value is False:
        return {None: "n", True: "t", False: "f"}[value]
    if isinstance(value, int):
        return "i%d" % value
    if isinstance(value, float):
        return "d" + struct.pack(">d", value).hex()
    if isinstance(value, str):
        return "s" + value.encode().hex()
    if isinstance(value, list):
        return "[" + ",".join(show(each) for each in value) + "]"
    return "{" + ",".join(show(key) + ":" + show(value[key]) for key in sorted(
        value, key=lambda key: key.encode())) + "}"


def verdict(document):
    try:
        return show(json.loads(document.decode(), parse_float=real, parse_int=whole,
                               parse_constant=constant, object_pairs_hook=check_pairs))
    except ValueError:  # of which those of JSON and of encodings are
        return "refused"


for number_of_document in range(count):
    made = document(5).encode()
    if number_of_document % 2:
        made = damage(made)
    told = verdict(made).encode()
    sys.stdout.buffer.write(b"%d %d\n" % (len(made), len(told)) + made + told)
