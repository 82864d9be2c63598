"""Writes strftime.json: what Python's strftime makes of each directive, for times around the ends of years and weeks."""
import json
from datetime import datetime, timedelta, timezone

DIRECTIVES = ["%" + letter for letter in "aAwdbBmyYHIpMSfzZjUWcxXGuVFT%"]
times = [datetime(2024, 2, 29, 0, 0, 0, 5000, timezone.utc), datetime(2026, 11, 24, 12, 34, 56, 789000, timezone.utc)]
for year in (1999, 2000, 2004, 2008, 2009, 2012, 2015, 2016, 2020, 2021, 2022, 2026):
    start = datetime(year, 12, 29, 23, 59, 59, 0, timezone.utc)
    times += [start + timedelta(days=day, hours=day) for day in range(8)]
rows = [[t.isoformat(timespec="milliseconds").replace("+00:00", "Z"), [t.strftime(d) for d in DIRECTIVES]] for t in times]
with open("strftime.json", "w") as file:
    json.dump({"directives": DIRECTIVES, "rows": rows}, file, separators=(",", ":"))
    file.write("\n")
