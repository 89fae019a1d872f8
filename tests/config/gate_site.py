"""A sound site with everything that stands at a gate; the tests break one thing each."""

GOOD = """\
[cameras.c]
source = "0"
lane = "gate"
duties = ["plates", "qr"]
[buses.b]
port = "/dev/ttyUSB0"
[boards.a]
bus = "b"
[boards.d]
bus = "b"
unit = 2
[boards.slow]
bus = "b"
unit = 3
model = "lctech-8"
[lanes.gate]
barrier = { board = "a", open_relay = 1 }
[fire]
input = { board = "a", channel = 8, normally = "closed" }
[doors.outer]
lock = { board = "d", relay = 1 }
contact = { board = "d", channel = 1, normally = "closed" }
exit_button = { board = "d", channel = 2 }
interlock = ["inner"]
[doors.inner]
lock = { board = "d", relay = 2 }
contact = { board = "d", channel = 3, normally = "closed" }
interlock = ["outer"]
[doors.shop]
lock = { board = "d", relay = 3 }
unlocked_during = "office"
[readers.card]
kind = "osdp"
port = "/dev/ttyUSB1"
door = "outer"
key_file = "card.key"
[readers.keys]
kind = "keypad"
port = "/dev/ttyUSB2"
door = "shop"
[readers.code]
kind = "qr-camera"
camera = "c"
lane = "gate"
[readers.phone]
kind = "ble"
door = "shop"
second_factor = "pin"
[inputs.ebikes]
kind = "smoke"
input = { board = "slow", channel = 1, normally = "closed" }
sirens = ["yard"]
[sirens.yard]
output = { board = "d", relay = 8 }
[displays.gate]
port = "/dev/ttyUSB3"
lane = "gate"
[schedules.office]
windows = [{ days = ["mon"], begin = "08:00", end = "18:00" }, { days = ["sat"], begin = "22:00", end = "02:00" }]
[equipment.arm]
device = "lane:gate"
[passes]
public_keys = ["app.pem"]
gates = { gate = 1, shop = 64 }
[rules]
first_person_in = ["shop"]
two_person = ["inner"]
"""


def changed(old: str, new: str) -> str:
    assert GOOD.count(old) == 1, old
    return GOOD.replace(old, new)


def line_of(text: str, key: str) -> int:
    """The line of a setting, from its table's header; the header's own line for a whole table."""
    lines = text.splitlines()
    table, _, setting = key.rpartition(".")
    if f"[{key}]" in lines:
        return lines.index(f"[{key}]") + 1
    begin = lines.index(f"[{table}]")
    return next(n for n, line in enumerate(lines[begin:], begin + 1) if line.startswith(setting))
