"""How fast the house is, each time beside a floor that no program of its kind can beat.

``python -m benchmarks NAME [--size N] [--database URL]`` prints one JSON line a benchmark; without NAME, all of them.
Without ``--database`` it runs on a throw-away SQLite file; ``--database postgresql`` starts a private server, where the
application owns nothing, as in an installation. What is measured is the house's own services, commands and pages.

CPU seconds and ratios travel from machine to machine, wall times do not. ``meter`` measures, ``floors`` holds what is
compared with, ``seed`` makes the data, ``places`` the database; each other file is one benchmark. The last figures, with
their commands, are in ``docs/performance.md``.
"""
