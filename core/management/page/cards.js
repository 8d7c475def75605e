// The figures of now, and the cards with what there is to know in detail. What /stats does not
// have is not shown: a driver may not say it.

const outcome_words = { refused: 'refused', failed: 'failed', dropped: 'dropped', closed: 'closed' };
const action_order = ['announce', 'scrape', 'connect', 'control', 'other'];
const front_end_words = { http: 'HTTP', udp: 'UDP' };
const family_words = { ipv4: 'IPv4', ipv6: 'IPv6' };
const memory_words = {
  ResidentBytes: 'Resident', VirtualBytes: 'Virtual', TrackerDriverBytes: 'Tracker driver', BackendDriverBytes: 'Backend driver',
  RosterBytes: 'Roster', ConnectionBytes: 'Connections', LimitBytes: 'Limit',
};
const queue_words = { UDPInFlight: 'UDP requests in flight', ControlCalls: 'Calls of the site', SiteLoads: 'Readings of the site' };

function total(values) {
  return values.reduce((sum, value) => sum + (value ?? 0), 0);
}

/** The sum of some rows' rates; null when none is known. */
function rate_of_rows(rates, list, rows) {
  const known = rows.map((row) => rates.of(row_key(list, row))).filter(is_number);
  return known.length ? total(known) : null;
}

/** The rows of a list in /stats; none where it is something else, as in older trackers. */
function list_of(stats, list) {
  return Array.isArray(stats[list]) ? stats[list] : [];
}

function rows_of(stats, list, wanted) {
  return list_of(stats, list).filter((row) => Object.entries(wanted).every(([name, value]) => row[name] === value));
}

/* ---- figures ---- */

class Tile {
  constructor(title, show) {
    this.show_in = show;
    this.figure = make('span', {}, none);
    this.unit = make('span', { class: 'unit' });
    this.note = make('p', { class: 'note' });
    this.element = make('div', { class: 'tile', id: `tile-${title.toLowerCase().replace(/[^a-z0-9]+/g, '-')}` },
      make('h2', {}, title), make('p', { class: 'figure' }, this.figure, this.unit), this.note);
  }

  show(now) {
    const { figure, unit = '', note = '' } = this.show_in(now);
    set_text(this.figure, figure);
    set_text(this.unit, unit);
    set_text(this.note, note);
  }
}

function action_tile({ stats, rates }, action, counter) {
  const parts = Object.entries(front_end_words).map(([front_end, name]) => {
    const rows = rows_of(stats, 'Requests', { FrontEnd: front_end, Action: action });
    return rows.length ? `${name} ${rate(rate_of_rows(rates, 'Requests', rows))}` : '';
  });
  return { figure: rate(rates.of(counter)), unit: '/s', note: parts.filter(Boolean).join(' · ') };
}

function swarm_figures(stats) {
  const [v4, v6] = ['IPv4', 'IPv6'].map((family) => stats[`Peers.${family}`]);
  const swarms = stats.Swarms ?? {};
  const peers = swarms.Peers ?? total([v4?.Peers?.Current, v6?.Peers?.Current]);
  const seeders = swarms.Seeders ?? total([v4?.Seeds?.Current, v6?.Seeds?.Current]);
  return {
    swarms: swarms.Swarms ?? stats['Torrents.Size'],
    peers,
    seeders,
    leechers: swarms.Leechers ?? peers - seeders,
    snatches: total([v4?.Completed, v6?.Completed]),
  };
}

function peers_of_families({ stats, last }) {
  const [v4, v6] = ['ipv4', 'ipv6'].map((family) => family_peers(stats, family));
  return is_number(v4) && is_number(v6) && last ? `IPv4 ${count(v4)} · IPv6 ${count(v6)}` : '';
}

const tiles = [
  new Tile('Announces', (now) => action_tile(now, 'announce', 'Tracker.Announces')),
  new Tile('Scrapes', (now) => action_tile(now, 'scrape', 'Tracker.Scrapes')),
  new Tile('Latency P99', ({ last }) => ({
    figure: latency(last?.values.P99).split('\u202f')[0],
    unit: latency(last?.values.P99).split('\u202f')[1],
    note: last ? `half within ${latency(last.values.P50)}` : '',
  })),
  new Tile('Swarms', ({ stats }) => {
    const { swarms, snatches } = swarm_figures(stats);
    return { figure: count(swarms), note: `${count(snatches)} snatches` };
  }),
  new Tile('Peers', (now) => ({ figure: count(swarm_figures(now.stats).peers), note: peers_of_families(now) })),
  new Tile('Seeders', ({ stats }) => {
    const { seeders, leechers } = swarm_figures(stats);
    return { figure: count(seeders), note: `${count(leechers)} leechers` };
  }),
];

/* ---- cards ---- */

class Card {
  /** `show` fills the card's parts and says whether there is something to show. */
  constructor(title, parts, show) {
    this.show_in = show;
    const id = `card-${title.toLowerCase().replace(/[^a-z0-9]+/g, '-')}`;
    this.element = make('section', { class: 'card', id, 'aria-labelledby': `${id}-title`, hidden: '' },
      make('h2', { id: `${id}-title` }, title), ...parts.map((part) => part.element ?? part));
  }

  show(now) {
    this.element.hidden = !this.show_in(now);
  }
}

function requests_card() {
  const table = new Table(['', 'per s', 'since start', 'P50', 'P99']);
  return new Card('Requests', [table], ({ stats, rates }) => {
    const kinds = new Map();
    for (const row of list_of(stats, 'Requests')) {
      const kind = `${row.FrontEnd}/${row.Action}`;
      kinds.set(kind, [...(kinds.get(kind) ?? []), row]);
    }
    const order = ([, [{ Action, FrontEnd }]]) => `${action_order.indexOf(Action)}${Action}${FrontEnd}`;
    const sorted = [...kinds].sort((left, right) => order(left) < order(right) ? -1 : 1);
    table.show(sorted.map(([, rows]) => {
      const { FrontEnd, Action } = rows[0];
      const [timed] = rows_of(stats, 'Latency', { FrontEnd, Action });
      return [`${front_end_words[FrontEnd] ?? FrontEnd} ${Action}`, rate(rate_of_rows(rates, 'Requests', rows)),
        count(total(rows.map((row) => row.Count))), latency(timed?.P50), latency(timed?.P99)];
    }));
    return kinds.size > 0;
  });
}

/** Rows of one outcome and reason, added up over front ends, families and actions. */
function troubles(stats) {
  const found = new Map();
  for (const list of ['Requests', 'Connections']) {
    for (const row of list_of(stats, list)) {
      if (row.Outcome in outcome_words) {
        const key = `${list}/${row.Outcome}/${row.Reason}`;
        const entry = found.get(key) ?? { list, outcome: row.Outcome, reason: row.Reason, rows: [], count: 0 };
        entry.rows.push(row);
        entry.count += row.Count;
        found.set(key, entry);
      }
    }
  }
  return [...found.values()].sort((left, right) => right.count - left.count);
}

function troubles_card() {
  const table = new Table(['', '', 'per s', 'since start']);
  const nothing = make('p', {}, 'None since the start.');
  return new Card('Failures and drops', [table, nothing], ({ stats, rates }) => {
    const found = troubles(stats);
    nothing.hidden = found.length > 0;
    table.element.hidden = found.length === 0;
    table.show(found.map(({ list, outcome, reason, rows, count: all }) => [
      words(reason), { text: `${list === 'Connections' ? 'connection ' : ''}${outcome_words[outcome]}`, kind: outcome === 'failed' ? 'bad' : 'quiet' },
      rate(rate_of_rows(rates, list, rows)), count(all)]));
    return Array.isArray(stats.Requests);
  });
}

function family_peers(stats, family) {
  const name = family_words[family];
  const { [`Seeders${name}`]: seeders, [`Leechers${name}`]: leechers } = stats.Swarms ?? {};
  return is_number(seeders) && is_number(leechers) ? seeders + leechers : stats[`Peers.${name}`]?.Peers?.Current;
}

function peers_card() {
  const table = new Table(['', 'Peers', 'Seeders', 'Leechers', 'Snatches']);
  return new Card('Peers', [table], ({ stats }) => {
    const families = Object.entries(family_words).map(([family, name]) => {
      const peers = family_peers(stats, family);
      const seeders = stats.Swarms?.[`Seeders${name}`] ?? stats[`Peers.${name}`]?.Seeds?.Current;
      return [name, count(peers), count(seeders), count(peers - seeders), count(stats[`Peers.${name}`]?.Completed)];
    });
    const { peers, seeders, leechers, snatches } = swarm_figures(stats);
    table.show([...families, ['All', count(peers), count(seeders), count(leechers), count(snatches)]]);
    return true;
  });
}

function clients_card() {
  const table = new Table();
  const versions = new Table();
  const more = make('details', {}, make('summary', {}, 'Versions'), versions.element);
  const note = make('p');
  return new Card('Client software', [table, more, note], ({ stats }) => {
    const shares = (stats.Clients?.Shares ?? []).slice(0, 12);
    table.show(shares.map(({ Name, Share }) => [`${Name}`, { bar: Share }, share(Share)]));
    const all = shares.flatMap(({ Name, Versions = [] }) => Versions.map((each) => ({ Name, ...each })));
    all.sort((left, right) => right.Share - left.Share);
    versions.show(all.slice(0, 30).map(({ Name, Version, Share }) => [`${Name} ${Version}`, share(Share)]));
    more.hidden = all.length === 0;
    set_text(note, shares.length ? `Of the announces of the last ${duration(stats.Clients.Seconds)}, by a sample.` : 'Nobody has announced lately.');
    return Boolean(stats.Clients);
  });
}

function top_card(ask_for_token) {
  const table = new Table();
  const note = make('p');
  const button = make('button', { type: 'button' }, 'Enter the token');
  button.addEventListener('click', () => ask_for_token());
  return new Card('Busiest swarms', [table, note, button], ({ top, top_refused }) => {
    const swarms = top?.Swarms ?? [];
    button.hidden = !(top_refused instanceof NeedsToken);
    table.element.hidden = swarms.length === 0;
    table.show(swarms.slice(0, 10).map(({ infohash, announces }) => [{ text: `${infohash}`, kind: 'hash' }, count(announces)]));
    set_text(note, top_refused instanceof Forbidden ? top_refused.message : top_refused ? 'Who shares what is shown with management.token only.'
      : swarms.length ? `Announces of the last ${duration(top.Seconds)}, by a sample.` : 'No swarm stands out.');
    return Boolean(top || top_refused);
  });
}

/* ---- drivers ---- */

class Driver {
  constructor(kind) {
    this.kind = kind;
    this.name = make('span');
    this.health = make('span', { class: 'health', 'data-state': 'unknown' });
    this.reason = make('p', { class: 'trouble' });
    this.numbers = new Table();
    this.more = make('details', {}, make('summary', {}, 'What it reports'), this.numbers.element);
    this.element = make('div', { class: 'driver', id: `driver-${kind.toLowerCase()}` },
      make('p', { class: 'name' }, this.name, this.health), this.reason, this.more);
  }

  show(stats) {
    const names = Object.keys(stats.Drivers ?? {});
    const health = stats.Health?.[this.kind];
    const name = health?.Name ?? (this.kind === 'Tracker' ? names[0] : names.at(-1)) ?? none;
    set_text(this.name, `${this.kind}: ${name}`);
    set_attribute(this.health, 'data-state', health ? (health.OK ? 'good' : 'bad') : 'unknown');
    set_text(this.health, health ? (health.OK ? 'healthy' : 'not healthy') : 'not known');
    set_text(this.reason, health && !health.OK ? `${health.Reason}` : '');
    const numbers = Object.entries(stats.Drivers?.[name] ?? {});
    this.more.hidden = numbers.length === 0;
    this.numbers.show(numbers.map(([key, value]) => [words(key), key.endsWith('_bytes') ? bytes(value) : count(value)]));
  }
}

function drivers_card() {
  const drivers = [new Driver('Tracker'), new Driver('Backend')];
  return new Card('Drivers', drivers, ({ stats }) => {
    drivers.forEach((driver) => driver.show(stats));
    return true;
  });
}

/* ---- the process ---- */

function memory_card() {
  const table = new Table();
  return new Card('Memory', [table], ({ stats }) => {
    const parts = Object.entries(stats.Memory ?? {}).filter(([, value]) => is_number(value));
    table.show(parts.map(([name, value]) => [memory_words[name] ?? words(name.replace(/Bytes$/, '')), bytes(value)]));
    return parts.length > 0;
  });
}

function queues_card() {
  const table = new Table();
  return new Card('Waiting', [table], ({ stats }) => {
    const queues = [...flattened(stats.Queues)];
    table.show(queues.map(([name, value]) => [queue_words[name] ?? words(name.replace(/^Drivers\./, '')),
      name.endsWith('_bytes') ? bytes(value) : count(value)]));
    return queues.length > 0;
  });
}

/** The tracker's clock: this one may differ. */
function tracker_time(stats) {
  const time = Date.parse(stats.Started) / 1000 + stats.UptimeSeconds;
  return is_number(time) ? time : Date.now() / 1000;
}

function last_reload(stats) {
  const reloads = stats.Reloads;
  if (!reloads) return none;
  if (!reloads.LastTime) return 'none since start';
  const ago = duration(Math.max(0, tracker_time(stats) - reloads.LastTime));
  return `${reloads.LastOK ? 'taken' : 'refused'} ${ago} ago`;
}

function process_card() {
  const table = new Table();
  return new Card('Process', [table], ({ stats, rates }) => {
    const { Process: process = {}, Reloads: reloads, Roster: roster } = stats;
    const refused = reloads?.LastTime && !reloads.LastOK ? 'bad' : '';
    const rows = [
      ['Uptime', duration(stats.UptimeSeconds)],
      ['Started', `${stats.Started ?? none}`.replace('T', ' ').replace('Z', ' UTC')],
      ['Workers', count(stats.Workers)],
      ['Connections', `${count(stats['Connections.Open'])} open`],
      ['Last reload', { text: last_reload(stats), kind: refused }],
      ['Processor', 'CPUSeconds' in process ? `${share(rates.of('Process.CPUSeconds'))} of a core` : none],
      ['Open files', 'OpenFiles' in process ? `${count(process.OpenFiles)} of ${count(process.MaxFiles)}` : none],
      ['Threads', count(process.Threads)],
      ...Object.entries(roster ?? {}).map(([name, value]) => [`Registered ${name.toLowerCase()}`, count(value)]),
    ];
    table.show(rows.filter(([, value]) => (value.text ?? value) !== none));
    return true;
  });
}

function make_columns(ask_for_token) {
  return [
    [requests_card(), troubles_card(), queues_card()],
    [peers_card(), clients_card(), top_card(ask_for_token)],
    [drivers_card(), memory_card(), process_card()],
  ];
}
