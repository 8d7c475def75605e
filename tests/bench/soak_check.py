"""Holds what peers reported against what the database has.

Everything must be equal, but for what was answered right before the tracker was killed and was not
yet on its disk: the last announce of a session that ended, a completed download, and a session's
beginning. Each such doubt is either there as a whole or missing as a whole.
"""

from collections import defaultdict

FIRST_ID = 1_001  # rows below were in the site before


def table(path):
    return [line.split("\t") for line in path.read_text().splitlines()]


def explained(missing, doubts):
    """Which of some doubts, taken together, are exactly what is missing; None when none are."""
    if not any(missing):
        return ()
    for number in range(1, 1 << min(len(doubts), 16)):
        chosen = [d for i, d in enumerate(doubts) if number >> i & 1]
        if tuple(map(sum, zip(*(amounts for amounts, _ in chosen)))) == tuple(missing):
            return chosen
    return None


class Tally:
    """Counts what is wrong, and keeps some examples."""

    def __init__(self):
        self.wrong = defaultdict(int)
        self.examples = []
        self.lost = defaultdict(int)  # doubts that came true
        self.oldest = 0  # of them: microseconds before the kill

    def add(self, what, detail):
        self.wrong[what] += 1
        if len(self.examples) < 20:
            self.examples.append(f"{what}: {detail}")

    def compare(self, what, key, expected, found, doubts):
        missing = tuple(e - f for e, f in zip(expected, found))
        lost = explained(missing, doubts)
        if lost is None:
            self.add(what, f"{key}: expected {expected}, found {found}, in doubt {doubts}")
            return
        for _, (kind, age) in lost:
            self.lost[f"{what}, {kind}"] += 1
            self.oldest = max(self.oldest, age)


def differences(database, folder):
    tally = Tally()
    doubts = read_doubts(folder)
    found = {int(i): (int(up), int(down)) for i, up, down in database.sql(
        f"SELECT ID, Uploaded, Downloaded FROM users_main WHERE ID >= {FIRST_ID}")}
    totals = [0, 0]
    for user, up, down in table(folder / "users.tsv"):
        totals = [totals[0] + int(up), totals[1] + int(down)]
        tally.compare("user", user, (int(up), int(down)), found.pop(int(user), (0, 0)),
                      doubts["user"][user])
    charged = database.sql("SELECT SUM(Uploaded), SUM(Downloaded) FROM users_main "
                           f"WHERE ID >= {FIRST_ID}")[0]
    check_torrents(database, folder, doubts, tally)
    rows = check_peers(database, folder, doubts, tally)
    return {"wrong": dict(tally.wrong), "examples": tally.examples, "lost": dict(tally.lost),
            "oldest": tally.oldest, "doubts": doubts["number"], "expected": totals,
            "charged": list(map(int, charged)), "peers": rows}


def read_doubts(folder):
    doubts = {name: defaultdict(list) for name in ("user", "torrent", "snatches")}
    doubts |= {"number": defaultdict(int), "peers": set()}
    for kind, user, torrent, up, down, balance, age, peer_id in table(folder / "doubts.tsv"):
        doubts["number"][kind] += 1
        about = (kind, int(age))
        if kind == "snatch":
            doubts["snatches"][torrent].append(((1,), about))
            continue
        doubts["user"][user].append(((int(up), int(down)), about))
        doubts["torrent"][torrent].append(((int(balance),), about))
        doubts["peers"].add((user, torrent, peer_id))
    return doubts


def check_torrents(database, folder, doubts, tally):
    found = {i: (int(balance), int(snatched)) for i, balance, snatched in database.sql(
        f"SELECT ID, balance, Snatched FROM torrents WHERE ID >= {FIRST_ID}")}
    rows = {fid: int(count) for fid, count in database.sql(
        "SELECT fid, COUNT(*) FROM xbt_snatched GROUP BY fid")}
    for torrent, balance, snatches in table(folder / "torrents.tsv"):
        has_balance, snatched = found.get(torrent, (0, 0))
        tally.compare("balance", torrent, (int(balance),), (has_balance,),
                      doubts["torrent"][torrent])
        tally.compare("snatches", torrent, (int(snatches),), (snatched,),
                      doubts["snatches"][torrent])
        if rows.get(torrent, 0) != snatched:
            tally.add("rows of snatches", f"{torrent}: {rows.get(torrent, 0)} for {snatched}")


def check_peers(database, folder, doubts, tally):
    """Rows of xbt_files_users are the last session of each client, and there are no others."""
    last = {(user, torrent, peer_id): figures
            for user, torrent, peer_id, *figures in table(folder / "sessions.tsv")}
    number = 0
    for user, torrent, peer_id, *figures in database.sql(
            "SELECT uid, fid, peer_id, active, uploaded, downloaded, remaining "
            "FROM xbt_files_users WHERE uid <> 0"):
        number += 1
        key = (user, torrent, peer_id)
        expected = last.pop(key, None)
        if expected is None:
            tally.add("unknown peer", f"{key}: {figures}")
        elif expected != figures and key not in doubts["peers"]:
            tally.add("peer", f"{key}: expected {expected}, found {figures}")
    for key in last:
        if key not in doubts["peers"]:
            tally.add("missing peer", key)
    return number


def show(result):
    print(f"users were to be charged with {result['expected'][0]} up, {result['expected'][1]} down "
          f"and have been charged with {result['charged'][0]}, {result['charged'][1]}: "
          f"missing {result['expected'][0] - result['charged'][0]}, "
          f"{result['expected'][1] - result['charged'][1]}")
    print(f"rows of peers: {result['peers']}")
    print(f"answered right before the tracker was killed, not to be repeated: "
          f"{dict(result['doubts']) or 'nothing'}; forgotten of it: {result['lost'] or 'nothing'}"
          + (f", the oldest {result['oldest'] / 1000:.1f} ms before" if result["lost"] else ""))
    print(f"differences: {sum(result['wrong'].values())} {result['wrong'] or ''}")
    for example in result["examples"]:
        print(f"  {example}")
