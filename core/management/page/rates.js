// Counters of /stats become rates here: for what /history has no column for.

const rate_window = 10;  // seconds that a rate is an average of

/** "a.b.c": number, for every number in an object. Rows of a list go by their labels. */
function flattened(object, prefix = '', flat = new Map()) {
  for (const [name, value] of Object.entries(object ?? {})) {
    if (is_number(value)) {
      flat.set(prefix + name, value);
    } else if (Array.isArray(value)) {
      value.forEach((row) => is_number(row?.Count) && flat.set(row_key(prefix + name, row), row.Count));
    } else if (value !== null && typeof value === 'object') {
      flattened(value, `${prefix}${name}.`, flat);
    }
  }
  return flat;
}

/** A row of /stats' lists has labels, which are texts, and a count. */
function row_key(list, row) {
  return [list, ...Object.values(row).filter((value) => typeof value === 'string')].join('/');
}

class Rates {
  constructor() {
    this.readings = [];
    this.process = '';
  }

  /** `seconds` is a clock that never steps. Another process counts from nothing: all begins anew. */
  take(stats, seconds) {
    const process = `${stats.Started}`;
    const uptime = stats.UptimeSeconds ?? 0;
    const last = this.readings.at(-1);
    if (process !== this.process || (last && uptime < last.uptime)) {
      this.readings = [];
    }
    this.process = process;
    this.readings.push({ seconds, uptime, numbers: flattened(stats) });
    while (this.readings.length > 2 && this.readings[1].seconds <= seconds - rate_window) {
      this.readings.shift();
    }
  }

  /** Per second; null as long as nothing can be said. Never negative. */
  of(name) {
    const first = this.readings[0];
    const last = this.readings.at(-1);
    const to = last?.numbers.get(name);
    if (to === undefined || !(last.seconds > first.seconds)) {
      return null;
    }
    const from = first.numbers.get(name) ?? 0;  // a label that was not there had counted nothing
    return Math.max(0, to - from) / (last.seconds - first.seconds);
  }
}
