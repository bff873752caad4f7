#!/usr/bin/env python3
"""Compares the sessions that Millrace found with those that the data set's authors labelled.

    compare-sessions.py EVENTS.ndjson SESSIONS.ndjson

EVENTS has the labelled events, SESSIONS one closed session a line. Each session must be equal to
one label's events in key, first and last timestamp and number. Exits with 1 and prints what
differs when it isn't so.
"""

import collections
import datetime
import json
import sys

# Fields of a labelled event.
EVENT_LABEL = "session_id"
EVENT_KEY = "user_id"
EVENT_TIME = "timestamp"

# Fields of a closed session, as the sessionize operator writes them.
SESSION_KEY = "key"
SESSION_START = "start"
SESSION_END = "end"
SESSION_COUNT = "event_count"

EXPECTED_SESSIONS = 3605
SHOWN_DIFFERENCES = 10

Session = collections.namedtuple("Session", "key start end count")


def instant(text):
    # Python before 3.11 does not read the Z.
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def lines(path):
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, start=1):
            try:
                yield number, json.loads(line)
            except ValueError as error:
                sys.exit(f"{path}:{number}: not a JSON object: {error}")


def labelled_sessions(path):
    events = collections.defaultdict(list)
    for _, event in lines(path):
        events[event[EVENT_KEY], event[EVENT_LABEL]].append(instant(event[EVENT_TIME]))
    return collections.Counter(
        Session(key, min(times), max(times), len(times)) for (key, _), times in events.items()
    )


def found_sessions(path):
    found = collections.Counter()
    for number, session in lines(path):
        try:
            found[
                Session(
                    session[SESSION_KEY],
                    instant(session[SESSION_START]),
                    instant(session[SESSION_END]),
                    session[SESSION_COUNT],
                )
            ] += 1
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            sys.exit(f"{path}:{number}: not a closed session: {type(error).__name__}: {error}")
    return found


def describe(session):
    return f"{session.key}  {session.start:%F %T} to {session.end:%F %T}  {session.count} events"


def report(title, sessions):
    if not sessions:
        return
    print(f"{title}: {sum(sessions.values())}")
    for session in sorted(sessions)[:SHOWN_DIFFERENCES]:
        print(f"  {describe(session)}")
    if len(sessions) > SHOWN_DIFFERENCES:
        print(f"  and {len(sessions) - SHOWN_DIFFERENCES} more")


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    events, sessions = sys.argv[1:]
    labelled, found = labelled_sessions(events), found_sessions(sessions)
    report("labelled but not found", labelled - found)
    report("found but not labelled", found - labelled)
    total = sum(found.values())
    if found != labelled or total != EXPECTED_SESSIONS:
        sys.exit(f"{total} sessions; expected {EXPECTED_SESSIONS}, each equal to its label")
    print(f"{total} of {EXPECTED_SESSIONS} sessions equal their labels")


if __name__ == "__main__":
    main()
