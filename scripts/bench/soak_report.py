"""The report of soak.py: what the drills and the schedules showed, as Markdown."""

import collections
import math

import growth

COLUMNS = (("leads", "leads-ms"), ("first write", "first-write-ms"), ("client's write", "client-ms"),
           ("worker back", "worker-back-ms"))
COUNTED = (("acknowledged", "jobs acknowledged"), ("canceled", "cancels"), ("reads", "reads"), ("nothing", "answered \"nothing happened\""),
           ("unknown", "unknown"), ("violations", "violations"))


def sound(result):
    return result["exit_code"] == 0 and bool(result["story"]) and result["story"]["sound"]


def in_words(result):
    story = result["story"]
    if not story:
        return f"ended with {result['exit_code']} and told nothing"
    history = story["history"]
    return (f"{len(story['rounds']):,} rounds in {result['seconds']:,.0f} s, {history['acknowledged']:,} jobs, "
            f"{history['violations']:,} violations" + ("" if sound(result) else "; NOT SOUND"))


def ms(value):
    return "" if value is None else f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


def span(samples):
    """Median, 99th percentile by nearest rank and maximum: values that were measured."""
    ordered = sorted(sample for sample in samples if sample is not None)
    if not ordered:
        return ""
    at = lambda part: ordered[max(1, math.ceil(part * len(ordered))) - 1]
    return f"{ms(at(0.5))} / {ms(at(0.99))} / {ms(ordered[-1])}"


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|---|" + "---:|" * (len(head) - 1)]
    return "\n".join(lines + ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows])


def times(results):
    rows = []
    for result in results:
        rounds = result["story"]["rounds"]
        rows.append([f"`{result['arguments'][0]}`", len(rounds), *(span([each[key] for each in rounds]) for _, key in COLUMNS)])
    return table(["fault", "rounds", *(title for title, _ in COLUMNS)], rows)


def promises(results):
    rows = [[f"`{result['arguments'][0]}`", *(f"{result['story']['history'][key]:,}" for key, _ in COUNTED), result["story"]["seed"],
             "sound" if sound(result) else "**broken**"] for result in results]
    total = [f"{sum(result['story']['history'][key] for result in results):,}" for key, _ in COUNTED]
    return table(["fault", *(title for _, title in COUNTED), "seed", "verdict"], [*rows, ["all", *total, "", ""]])


def within(mixed):
    """The faults of `mixed`, one by one."""
    found = collections.defaultdict(list)
    for each in mixed["story"]["rounds"]:
        found[each["fault"]].append(each)
    rows = [[f"`{fault}`", len(rounds), *(span([each[key] for each in rounds]) for _, key in COLUMNS)]
            for fault, rounds in sorted(found.items())]
    return table(["fault", "rounds", *(title for title, _ in COLUMNS)], rows)


def grown(result):
    rows = [[name, what.replace("resident_mb", "resident memory, MB"), rounds, f"{early:.1f}", f"{late:.1f}"]
            for name, what, rounds, early, late in growth.verdicts(result) if what in ("resident_mb", "descriptors", "threads")]
    return table(["daemon", "what", "rounds of its longest life", "second quarter", "last quarter"], rows)


def render(facts, results, schedules):
    told = [result for result in results if result["story"]]
    mute = [result["arguments"][0] for result in results if not result["story"]]
    mixed = next((result for result in told if result["arguments"][0] == "mixed"), None)
    out = ["# What long drills showed", "",
           "Written by `scripts/soak.sh`, which anyone can run. Times are ms from the fault: median / 99th percentile / maximum; "
           "[operations.md](operations.md#drills) says what each is, and what is checked.", "",
           "In these clusters a session lasts 3 s. `mixed` and `lose-quorum` have three ZooKeeper servers, the others one, "
           "which is gone for as long as a JVM takes to start. From the second stop of the same leader on its guard is more patient "
           "than the session timeout.", "",
           ", ".join(f"{key}: {value}" for key, value in facts.items()).replace("\n", " ") + "."]
    if mute:
        out += ["", "Ended without a word: " + ", ".join(mute) + "."]
    if told:
        out += ["", "## Promises", "", promises(told), "", "## Recovery", "", times(told)]
    if mixed:
        out += ["", "## The rounds of `mixed`, by fault", "", within(mixed), "", "## Growth over the rounds of `mixed`", "", grown(mixed)]
    if schedules:
        out += ["", "## Simulated schedules", "", "```text", schedules.read_text(encoding="utf-8").rstrip("\n"), "```"]
    return "\n".join(out) + "\n"
