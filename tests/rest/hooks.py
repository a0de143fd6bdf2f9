"""Checks that schemathesis lacks; named by schemathesis.toml."""

import re

import schemathesis

AT_LEAST = "Stellwerk-At-Least"
POSITION = re.compile("[0-9]{1,10}-[0-9]{1,15}")
# What is refused before anybody looks at what the path is: the form of the request, its length, its method. The document
# says that by `default`.
ANYWHERE = {400, 404, 405, 408, 411, 413, 414, 415, 417, 431, 501}
# Refused by intention, because each request bears Via.
REFUSED = {"POST /leader/transfer": 403, "DELETE /cluster": 403}
# Of a pair one answers 200 on the leader and the other on followers.
PAIR = {"GET /leader", "GET /follower"}


@schemathesis.hook
def before_call(_context, case, _kwargs):
    """The generator cuts a header's value short where its pattern holds a hyphen, and calls it valid then."""
    if case.meta is None or not case.meta.generation.mode.is_positive or AT_LEAST not in (case.headers or {}):
        return
    if not POSITION.fullmatch(case.headers[AT_LEAST]):
        del case.headers[AT_LEAST]


@schemathesis.check
def status_is_named(_context, response, case):
    """`default` covers what has nothing to do with the operation, and no more."""
    if case.method.upper() != case.operation.method.upper():
        return  # asked with another method on purpose
    named = case.operation.definition.raw.get("responses", {})
    if response.status_code not in ANYWHERE and str(response.status_code) not in named:
        raise AssertionError(f"{case.operation.label} does not name {response.status_code}")


@schemathesis.check
class EveryOperationSucceeds:
    """So that a server that refused everything would not pass."""

    def __init__(self):
        self.asked = set()
        self.good = set()

    def after_response(self, _context, response, case):
        label = case.operation.label
        self.asked.add(label)
        if response.status_code // 100 == 2 or response.status_code == REFUSED.get(label):
            self.good.add(label)

    def after_run(self, _context):
        missing = self.asked - self.good
        if len(missing & PAIR) == 1:
            missing -= PAIR
        if missing:
            raise AssertionError("never answered with success: " + ", ".join(sorted(missing)))
