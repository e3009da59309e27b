"""The table that people read: a row of the bench, its tools, and the targets with what was found."""

from dataclasses import dataclass, field

OURS = "pimage"


@dataclass
class Target:
    """What a ratio or an amount may be at most."""

    what: str
    found: float
    at_most: float

    @property
    def is_met(self):
        # Not-a-number is not met.
        return self.found <= self.at_most

    def line(self):
        verdict = "met" if self.is_met else "MISSED"
        return "  %-6s  %s: %.3g, at most %.3g" % (verdict, self.what, self.found, self.at_most)


@dataclass
class Row:
    """One comparison."""

    name: str
    title: str
    results: dict = field(default_factory=dict)
    targets: list = field(default_factory=list)
    notes: list = field(default_factory=list)

    def ratio(self, ours, peer):
        """Our wall time over a peer's."""
        return self.results[ours].wall / self.results[peer].wall

    def target(self, what, found, at_most):
        self.targets.append(Target(what, found, at_most))

    def faster_than(self, peer, at_most, ours=OURS):
        """A target on wall time; a peer that could not run sets none."""
        if self.results[peer].error:
            self.notes.append("%s did not run, so there is no target from it" % peer)
        else:
            self.target("time of %s over that of %s" % (ours, peer), self.ratio(ours, peer), at_most)

    def show(self):
        print("\n== %s: %s" % (self.name, self.title))
        print("  %-34s %9s %8s %8s  %s" % ("", "wall s", "ratio", "peak MB", ""))
        ours = self.results.get(OURS)
        for result in self.results.values():
            if result.error:
                print("  %-34s %s" % (result.name, result.error))
                continue
            ratio = "" if ours is None or ours.error or result is ours else "%.3f" % (ours.wall / result.wall)
            facts = ", ".join("%s %s" % (key.replace("_", " "), value) for key, value in result.facts.items())
            print("  %-34s %9.3f %8s %8.0f  %s" % (result.name, result.wall, ratio, result.peak_mb, facts))
        for target in self.targets:
            print(target.line())
        for note in self.notes:
            print("  note    %s" % note)

    def json(self):
        return {
            "row": self.name,
            "title": self.title,
            "tools": [
                {"name": r.name, "secs": r.secs, "peak_mb": round(r.peak_mb, 1), "error": r.error or None, **r.facts}
                for r in self.results.values()
            ],
            "targets": [
                {"what": t.what, "found": t.found, "at_most": t.at_most, "is_met": t.is_met} for t in self.targets
            ],
            "notes": self.notes,
        }
