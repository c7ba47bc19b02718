"""Who competes: one row of the tables each, with what was measured in each round and the figures of it."""

import dataclasses
import statistics


@dataclasses.dataclass
class Row:
    """One competitor. `against` names plotmill's row for the same kind of output and the same number of threads."""

    name: str
    kind: str
    images: int
    threads: int
    command: list
    against: str = ""
    plotmill: bool = False
    plot: bool = True
    bytes_per_image: float = 0
    runs: list = dataclasses.field(default_factory=list)

    def of(self, value):
        values = [value(run) for run in self.runs]
        return {"median": statistics.median(values), "min": min(values), "max": max(values)}

    def rate(self):
        return self.of(lambda run: self.images / run["wall_seconds"])

    def rate_inside(self):
        """Without the start of the process: its own time from opening the input to closing the output."""
        return self.of(lambda run: self.images / run["inside_seconds"])

    def rate_per_core(self):
        return self.of(lambda run: self.images / run["cpu_seconds"])

    def peak_bytes(self):
        return self.of(lambda run: run["peak_bytes"])


@dataclasses.dataclass
class DrawRow:
    """Drawing alone, on one thread: no compression and no output."""

    name: str
    images: int
    command: list
    plotmill: bool = False
    microseconds: list = dataclasses.field(default_factory=list)
    around_microseconds: list = dataclasses.field(default_factory=list)


def threads_text(n):
    return "1 thread" if n == 1 else f"{n} threads"
