"""The report of a run: tables, goals, and how many answers were wrong."""

import goals
import metrics_parts
import overload_parts
import private_tables
import redis_tables
import snapshot_tables
import tables
import udp_tables

# part: (its tables, the goals for it)
PARTS = {
    "http": (tables.http_tables, goals.http_goals),
    "udp": (udp_tables.udp_tables, goals.udp_goals),
    "memory": (tables.memory_tables, goals.memory_goals),
    "scaling": (udp_tables.scaling_tables, goals.scaling_goals),
    "latency": (tables.latency_tables, goals.latency_goals),
    "expiry": (udp_tables.expiry_table, goals.no_goals),
    "flood": (udp_tables.flood_tables, goals.flood_goals),
    "fairness": (udp_tables.fairness_tables, goals.fairness_goals),
    "allocations": (tables.allocation_tables, goals.allocation_goals),
    "redis": (redis_tables.redis_tables, goals.redis_goals),
    "overload": (overload_parts.overload_tables, goals.no_goals),
    "private": (private_tables.private_tables, private_tables.private_goals),
    "snapshot": (snapshot_tables.snapshot_tables, snapshot_tables.snapshot_goals),
    "metrics": (metrics_parts.metrics_tables, metrics_parts.metrics_goals),
}


def failures(results):
    """Answers that were wrong or did not come, over all parts: every `failed` there is."""
    if isinstance(results, dict):
        return results.get("failed", 0) + sum(map(failures, results.values()))
    return sum(map(failures, results)) if isinstance(results, (list, tuple)) else 0


def markdown(results):
    machine = results["machine"]
    lines = [f"{machine['date']}, commit {machine['commit']}, Linux {machine['kernel']}, "
             f"{machine['cpu']}"]
    lines += [f"\nThe part `{part}` broke off: {error.splitlines()[0]}"
              for part, error in results["broken_off"].items()]
    held = []
    for part, (table, goal) in PARTS.items():
        if results.get(part):
            lines += table(results[part])
            held += goal(results[part])
    if held:
        lines += ["\n### Goals\n", *tables.head("what", "goal", "measured", "met")]
        lines += [tables.row(what, f"≤ {goal}", f"{value:.2f}",
                             "yes" if value <= goal else "**no**") for what, goal, value in held]
    return "\n".join(lines) + "\n"


def pictures(paths):
    return "".join(f"\n![{path.stem.split('-', 2)[2]}]({path.name})\n" for path in paths)
