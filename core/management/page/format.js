// How figures are written. Null and NaN are a dash: not known is not nothing.

const none = '–';
const grouped = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const day_time = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const minute_time = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });

function is_number(value) {
  return typeof value === 'number' && Number.isFinite(value);
}

function significant(value, steps, base) {
  let step = 0;
  while (Math.abs(value) >= base && step < steps.length - 1) {
    value /= base;
    step += 1;
  }
  const digits = step === 0 || value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return `${value.toFixed(digits)}${steps[step] && '\u202f'}${steps[step]}`;
}

/** 12,345 and, from a million on, 1.23 M. */
function count(value) {
  if (!is_number(value)) return none;
  return Math.abs(value) < 1e6 ? grouped.format(value) : significant(value / 1e3, ['k', 'M', 'G', 'T'], 1e3);
}

/** Something per second: small rates keep a decimal. */
function rate(value) {
  if (!is_number(value)) return none;
  return value === 0 || value >= 100 ? count(value) : value.toFixed(value < 10 ? 2 : 1);
}

function bytes(value) {
  return is_number(value) ? significant(value, ['B', 'KiB', 'MiB', 'GiB', 'TiB'], 1024) : none;
}

function byte_rate(value) {
  return is_number(value) ? `${bytes(value)}/s` : none;
}

/** Milliseconds, in the unit that reads best. */
function latency(value) {
  if (!is_number(value)) return none;
  if (value < 1) return `${(value * 1000).toFixed(value < 0.0995 ? 1 : 0)}\u202fµs`;
  return value < 1000 ? `${value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)}\u202fms` : `${(value / 1000).toFixed(2)}\u202fs`;
}

function share(value) {
  return is_number(value) ? `${(value * 100).toFixed(1)}\u202f%` : none;
}

/** Seconds as "3 d 4 h", "12 min 5 s", "5 min": the two largest units. */
function duration(seconds) {
  if (!is_number(seconds)) return none;
  const units = [[86400, 'd'], [3600, 'h'], [60, 'min'], [1, 's']];
  const first = Math.max(0, units.findIndex(([size]) => seconds >= size));
  const last = seconds < 1 ? [[1, 's']] : units.slice(first, first + 2);
  let rest = Math.floor(seconds);
  return last.map(([size, name]) => {
    const whole = Math.floor(rest / size);
    rest -= whole * size;
    return whole || name === 's' && last.length === 1 ? `${whole}\u202f${name}` : '';
  }).filter(Boolean).join(' ');
}

function clock(unix_time) {
  return day_time.format(new Date(unix_time * 1000));
}

function hour_and_minute(unix_time) {
  return minute_time.format(new Date(unix_time * 1000));
}

/** "failed_flushes" and "FailedFlushes" as words. */
function words(name) {
  const text = name.replace(/([a-z])([A-Z])/g, '$1 $2').replace(/[_.]+/g, ' ');
  return text.charAt(0).toUpperCase() + text.slice(1).replace(/\b[A-Z][a-z]/g, (start) => start.toLowerCase());
}
