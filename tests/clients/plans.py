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

    In the ring, clients use the tracker's second address. Who can only seed does so beside it.
    """
    able = [engine for engine in engines if engine.can_download(protocol, family)]
    if len(able) < 2:
        return []
    first, *others = able
    everybody = Plan.of(protocol, *(Part(engine, protocol, family) for engine in able))
    pairs = list(zip(others, [*others[1:], first]))
    pairs += [
        (engine, first)
        for engine in engines
        if engine.can_seed(protocol, family) and engine not in able
    ]
    in_pairs = [
        Plan.of(protocol, *(Part(engine, protocol, family, door=1) for engine in pair))
        for pair in pairs
    ]
    return [everybody, *in_pairs]


def _mixed(engines, kind, family):
    """One swarm with a seeder over HTTP and the others over UDP, and one the other way round.

    One client of each library is enough.
    """
    over_http = [engine for engine in engines if engine.can_download("http", family)][:1]
    over_udp = {}
    for engine in engines:
        if engine.can_download("udp", family) and engine not in over_http:
            over_udp.setdefault(engine.library, engine)
    if not over_http or not over_udp:
        return []
    first = Part(over_http[0], "http", family)
    others = [Part(engine, "udp", family) for engine in over_udp.values()]
    return [Plan.of(kind, first, *others), Plan.of(kind, others[0], first)]
