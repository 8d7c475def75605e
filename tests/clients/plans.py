"""Who meets whom: every client downloads and every client seeds, over all that it can."""

from swarm import Part, Plan

PROTOCOLS = ("http", "udp")
KINDS = (*PROTOCOLS, "mixed")
FAMILIES = (4, 6)


def make_plans(engines, kinds, families):
    """All swarms of these kinds over these address families."""
    plans = []
    for family in families:
        for kind in kinds:
            make = _mixed if kind == "mixed" else _alike
            plans += make(engines, kind, family)
    return plans


def _alike(engines, protocol, family):
    """One swarm with everybody, then each client seeds for the next one in a ring.

    In the ring, clients use the tracker's second address.
    """
    able = _able(engines, protocol, family)
    if len(able) < 2:
        return []
    everybody = [Part(engine, protocol, family) for engine in able]
    first, *others = [Part(engine, protocol, family, door=1) for engine in able]
    return [
        Plan(protocol, everybody[0], tuple(everybody[1:])),
        *(
            Plan(protocol, seeder, (downloader,))
            for seeder, downloader in zip(others, [*others[1:], first])
        ),
    ]


def _mixed(engines, kind, family):
    """One swarm with a seeder over HTTP and everybody else over UDP, and one the other way round."""
    over_http = _able(engines, "http", family)
    over_udp = [engine for engine in _able(engines, "udp", family) if engine != over_http[0]]
    if not over_udp:
        return []
    one_over_http = Part(over_http[0], "http", family)
    all_over_udp = tuple(Part(engine, "udp", family) for engine in over_udp)
    return [Plan(kind, one_over_http, all_over_udp), Plan(kind, all_over_udp[0], (one_over_http,))]


def _able(engines, protocol, family):
    return [engine for engine in engines if engine.can(protocol, family)]
