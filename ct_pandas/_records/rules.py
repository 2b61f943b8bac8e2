"""What CleverTap says about records, each rule once, with its code and the page that states it.

* PROFILES: "Working with User Profiles API", Error codes and Data Validation
* TOKENS: "Import Device Tokens", Error Codes
* EVENTS: developer.clevertap.com/docs/upload-events-api, codes in developer.clevertap.com/docs/api-errors
* the words of the answers (``Employed needs to be Y/N``): recorded answers of the live API
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ct_pandas._personal import EMAIL

PROFILES = 'CleverTap, "Working with User Profiles API"'
TOKENS = 'CleverTap, "Import Device Tokens"'
EVENTS = "CleverTap, developer.clevertap.com/docs/upload-events-api"


@dataclass(frozen=True)
class Rule:
    """A rule about one value.

    Parameters
    ----------
    code
        The API's own code.
    reason
        What is wrong with a value that breaks the rule.
    source
        The page that states it.
    key
        The attribute that it is about, ``None`` for the frame of the record.
    pattern
        What its text must look like, for the API's regular expressions and for Python's.
    fix
        Proposes a value that would be taken.
    """

    code: int
    reason: str
    source: str
    key: str | None = None
    pattern: str = r"(?s:.*)"
    fix: Callable[[Any], Any] = lambda _: None

    def allows(self, value: Any) -> bool:
        """Tell whether a value meets the rule."""
        return isinstance(value, str) and re.fullmatch(self.pattern, value, re.ASCII) is not None


@dataclass(frozen=True)
class _AgeRule(Rule):
    """An age is a number, or a number as text."""

    def allows(self, value: Any) -> bool:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return 0 < value <= OLDEST and value == int(value)
        return super().allows(value)


OLDEST = 120  # years; CleverTap's SDKs refuse more
PHONE = r"\+[1-9][0-9]{6,14}"  # +<country code><number>, at most 15 digits by ITU E.164
TOKEN_TYPES = ("apns", "gcm", "fcm", "wns", "mpns", "chrome")  # TOKENS; the last one with its keys

_YES, _NO = frozenset({"y", "yes", "true", "1"}), frozenset({"n", "no", "false", "0"})
_GENDERS = {"m": "M", "male": "M", "man": "M", "f": "F", "female": "F", "woman": "F"}
_SCHOOLS = {"school": "School", "college": "College", "graduate": "Graduate"}


def _text(value: Any) -> str:
    """Return a value as text; a whole number that gaps made a float loses its point, as text too."""
    return re.sub(r"^(\d+)\.0$", r"\1", str(value).strip(), flags=re.ASCII)


def _word(value: Any) -> str:
    return _text(value).casefold()


def _yes_or_no(yes: str, *no: str) -> Callable[[Any], str | None]:
    """Return what proposes Y or N, also for the rule's own words."""

    def fix(value: Any) -> str | None:
        word = _word(value)
        return "Y" if word in {*_YES, yes} else "N" if word in {*_NO, *no} else None

    return fix


def _phone(value: Any) -> str | None:
    """Propose a number with a plus where it seems to have its country code."""
    digits = re.sub(r"[\s().\-/]", "", _text(value))
    digits = "+" + re.sub(r"^(\+|00)", "", digits)
    return digits if re.fullmatch(PHONE, digits, re.ASCII) else None


def _email(value: Any) -> str | None:
    text = re.sub(r"\s+", "", str(value)).removeprefix("mailto:").strip("<>;,.")
    return text if text != value and re.fullmatch(EMAIL, text, re.ASCII) else None


def _age(value: Any) -> int | None:
    word = _word(value)
    return int(word) if word.isascii() and word.isdigit() and 0 < int(word) <= OLDEST else None


GENDER = Rule(514, 'Gender must be "M" or "F"', PROFILES, "Gender", "M|F", lambda v: _GENDERS.get(_word(v)))
EMAIL_RULE = Rule(515, "the e-mail address is not valid", PROFILES, "Email", EMAIL, _email)
PHONE_RULE = Rule(
    516, "the phone number must be text: +<country code><number>", PROFILES, "Phone", PHONE, _phone
)
EMPLOYED = Rule(
    517, 'Employed must be "Y" or "N"', PROFILES, "Employed", "Y|N", _yes_or_no("employed", "unemployed")
)
EDUCATION = Rule(
    518,
    'Education must be "School", "College" or "Graduate"',
    PROFILES,
    "Education",
    "School|College|Graduate",
    lambda v: _SCHOOLS.get(_word(v)),
)
MARRIED = Rule(
    519,
    'Married must be "Y" or "N"',
    PROFILES,
    "Married",
    "Y|N",
    _yes_or_no("married", "unmarried", "single"),
)
AGE = _AgeRule(
    520, f"Age must be a whole number from 1 to {OLDEST}", PROFILES, "Age", "[1-9][0-9]?|1[01][0-9]|120", _age
)
NO_IDENTITY = Rule(523, "no identity", PROFILES, fix=lambda _: "fill the id, or name a column with identity=")
NOT_AN_EPOCH = Rule(525, "ts is not an epoch", PROFILES)
OBJECT_ID = Rule(526, "the objectId is not valid", PROFILES, None, r"[!-~]+")  # printable, no blanks

TOKEN_OBJECT_ID = Rule(530, "the objectId is missing or not valid", TOKENS)
TOKEN_DATA = Rule(531, "the token is not text", TOKENS)
TOKEN_MISSING = Rule(532, "the token is missing", TOKENS)
TOKEN_TYPE_MISSING = Rule(533, "the type of the token is missing", TOKENS)
TOKEN_TYPE = Rule(
    534,
    f"the type of the token must be one of {', '.join(TOKEN_TYPES)}",
    TOKENS,
    None,
    "|".join(TOKEN_TYPES),
    lambda v: _word(v) if _word(v) in TOKEN_TYPES else None,
)
CHROME_KEYS = Rule(535, "a chrome token needs p256dh and auth, both text", TOKENS)

EVENT_NAME = Rule(509, "the name of the event is missing", EVENTS)

# By the key as it is sent.
ATTRIBUTES: dict[str, Rule] = {
    str(rule.key): rule for rule in (GENDER, EMAIL_RULE, PHONE_RULE, EMPLOYED, EDUCATION, MARRIED, AGE)
}

# Not counted among the custom attributes: PROFILES calls only the others custom.
STANDARD = frozenset(
    {*ATTRIBUTES, "Name", "DOB", "Photo", "MSG-email", "MSG-push", "MSG-sms", "MSG-whatsapp"}
    | {"MSG-dndPhone", "MSG-dndEmail", "category-unsubscribe", "category-resubscribe"}
)

# Operations on values: developer.clevertap.com/docs/upload-user-profiles-api.
OPERATIONS = frozenset({"$add", "$remove", "$incr", "$decr", "$delete"})
DELETABLE = frozenset({"Name", "Gender"})  # what "$delete" works for, by the same page
# Repeating these after a lost answer would count or add twice.
ONCE_ONLY = frozenset({"$incr", "$decr", "$add"})

# What the API's codes mean, for faces that must not repeat a server's text.
MEANINGS: dict[int, str] = {
    400: "Malformed request",
    509: "Event name missing",
    512: "Event structure invalid",
    513: "Restricted system event",
    514: "Gender invalid",
    515: "E-mail invalid",
    516: "Phone number invalid",
    517: "Employment status invalid",
    518: "Education status invalid",
    519: "Marital status invalid",
    520: "Age invalid",
    522: "Too many event properties",
    523: "Missing identity",
    524: "Data neither event nor profile",
    525: "Timestamp not an epoch",
    526: "objectId invalid",
    528: "Discarded event",
    530: "Invalid objectId",
    531: "Invalid token data",
    532: "Token id not present",
    533: "Token type not present",
    534: "Token type not valid for objectId",
    535: "Invalid token data",
    555: "Miscellaneous server error",
}
