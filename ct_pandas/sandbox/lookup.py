"""One person by an id (CleverTap, "Get User Profiles by ID")."""

from __future__ import annotations

from typing import Final

from ct_pandas.sandbox.answers import Answer, Refused, fail
from ct_pandas.sandbox.people import People
from ct_pandas.sandbox.records import Flags, Records

KEYS: Final = ("email", "identity", "objectId")
_UNKNOWN: Final = {
    "null": Answer(b'{"status":"success","record":null}'),
    "absent": Answer(b'{"status":"success"}'),
    "empty": Answer(b'{"status":"success","record":{}}'),
    "fail": fail("Profile not found", 404),
    "404": fail("Profile not found", 404, 404),
    "400": fail("Invalid profile", 400, 400),
}


def look_up(people: People, records: Records, asked: dict[str, str], flags: Flags, unknown: str) -> Answer:
    """Answer ``/1/profile.json``.

    Parameters
    ----------
    people, records
        Where to look, and what to show.
    asked
        The decoded query parameters.
    flags
        What the record carries.
    unknown
        The form of the answer for nobody.
    """
    keys = [key for key in KEYS if key in asked]
    if len(keys) != 1:
        raise Refused(fail("Exactly one of email, identity or objectId is mandatory", 400, 400))
    person = people.find(keys[0], asked[keys[0]])
    if person is None:
        return _UNKNOWN[unknown]
    return Answer(b'{"status":"success","record":%b}' % records.person(person, flags))
