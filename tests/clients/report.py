"""What the test prints of the swarms that were played."""

from plans import PROTOCOLS

TITLES = {"http": "HTTP", "udp": "UDP", "mixed": "HTTP and UDP in one swarm"}
MARKS = ("announced", "seeded", "downloaded", "stopped")


def print_swarms(swarms):
    """Who took how long for what."""
    for number, swarm in enumerate(swarms):
        print(f"swarm {number}, {TITLES[swarm.plan.kind]}")
        for client in swarm.clients:
            marks = ", ".join(f"{mark} {seconds:.1f} s" for mark, seconds in client.marks.items())
            print(f"  {client.engine.name:20} {client.address:15} {client.part.protocol} {marks}")


def print_tables(swarms, engines, options):
    """A table for each kind of swarm: what each client was seen to do, or why it takes no part."""
    versions = {engine: engine.version(options.home) for engine in engines}
    for kind in options.kinds:
        print(f"\n**{TITLES[kind]}**\n")
        print("| client | library | over | announced | seeded | downloaded | stopped cleanly |")
        print("|---|---|---|---|---|---|---|")
        rows = _seen(swarms, kind)
        if kind in PROTOCOLS:
            rows |= _unable(engines, kind, options.families)
        for (family, protocol, engine), cells in sorted(rows.items(), key=lambda row: row[0][:2]):
            client = f"{engine.name} {versions[engine]}"
            cells = (client, engine.library, f"{TITLES[protocol]}, IPv{family}", *cells)
            print("| " + " | ".join(cells) + " |")


def _seen(swarms, kind):
    """Cells by address family, protocol and client; `yes` only if it holds in every swarm."""
    clients = {}
    for swarm in swarms:
        if swarm.plan.kind == kind:
            for client in swarm.clients:
                part = client.part
                clients.setdefault((part.family, part.protocol, part.engine), []).append(client)
    return {row: [_tell(mark, row, clients[row]) for mark in MARKS] for row in clients}


def _tell(mark, row, clients):
    family, protocol, engine = row
    if mark in ("seeded", "downloaded"):
        clients = [client for client in clients if client.seeds == (mark == "seeded")]
    if mark == "downloaded" and not engine.can_download(protocol, family):
        return f"cannot: {engine.cannot_download[protocol, family]}"
    if not clients:
        return "–"
    seen = sum(mark in client.marks for client in clients)
    return "yes" if seen == len(clients) else f"**NO** ({seen} of {len(clients)})"


def _unable(engines, protocol, families):
    return {
        (family, protocol, engine): [f"cannot: {engine.cannot[protocol, family]}", "", "", ""]
        for engine in engines
        for family in families
        if not engine.can_seed(protocol, family)
    }
