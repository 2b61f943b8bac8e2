"""An embedded CleverTap account: a synthetic world behind a real HTTP server on loopback.

It states the API's rules a second time, on purpose, and imports nothing of the client.

The world
---------
People come to an invented shop between 1 July and 31 December 2025, in the project's time zone.
Everybody and everything is invented: addresses are under example.com, phone numbers in the reserved
555-01xx blocks. The same `users` and `seed` give the same world, on every machine and on every day. With
the default 2,000 people:

- *A campaign that brings the wrong people.* "Monsoon Sale", 18 to 31 August, brings 15 % of all people;
  their first session carries ``utm_campaign``. 24 % of them come back in the week after their first, of
  the others 52 %; in the fifth week 5 % against 37 %. Of the first 21 % buy within a week, of the others
  38 %.
- *A release that hurts.* Version 5.0.1 goes out on 20 October. Of people who install it on Android 21 %
  come back in the second week, of those who installed 4.9.2 61 %; on iOS nothing changes. Android's
  weekly users fall from about 200 to 50 by the end of the year. ``event_props["CT App Version"]`` is the
  version at that time, the device's ``app_version`` the one of today.
- *A funnel.* ``App Launched`` 16,600 times, ``Product Viewed`` 20,000, ``Added To Cart`` 6,000,
  ``Charged`` 2,900 with ``Amount``, ``Payment mode`` and a list of ``Items``; also ``App Installed``,
  ``UTM Visited``, ``App Uninstalled``, ``Channel Unsubscribed`` and the ``Notification ...`` events,
  which the API does not export. A few views are recorded twice.
- *Untidy records.* The attribute ``Contact Number`` is no international number for about half of the
  people: without a plus, spaced, with ``00``, national, a number, ``n/a``. ``Level`` is a number or its
  text, ``Is Paid`` the text ``"true"``, ``Newsletter`` a boolean; ``Postcode`` begins with zeros,
  ``Birthday`` is text that looks like a date, ``Nickname`` may be ``"NaN"``; ``Last Visit`` may be
  ``$D_0``, ``Renewal`` a date or ``"never"``; ``Interests`` is a list; ``Loyalty Card`` lies beyond
  2**53; ``Company`` holds HTML. Attributes ``email`` and ``city`` share names with other things. An
  eighth of the people are anonymous; a few have no or null ``profileData``, a bracketed identity, a
  second device of one platform, or one that names no platform.
- *The documentation's own examples*: the person who chose pizza in 2015 and the one with the high score
  are there (``examples=False`` leaves them out), so that its queries run as printed.

The rules
---------
Behaviours on which descriptions disagree are switches: `ct_pandas.sandbox.switches.Switches`. Failures
can be ordered before and while the server runs: `Fault`, whose kinds are listed in
`ct_pandas.sandbox.faults.KINDS`. Where nothing is documented this account answers as follows:
``not_equals`` needs the attribute to be there; "today" of a query without days is the world's last day;
an attribute that is too long is refused with code 555, as is an operator that cannot work on it; a page of
less than one record is no page (400); notification events are not exported but can be counted; a cursor, and
the id of a count, belong to the endpoint that gave them.
"""

from ct_pandas.sandbox.faults import Fault
from ct_pandas.sandbox.server import SandboxServer
from ct_pandas.sandbox.switches import Switches

__all__ = ["Fault", "SandboxServer", "Switches"]


def __dir__() -> list[str]:
    return __all__
