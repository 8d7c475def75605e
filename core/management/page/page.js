// The page: asks every two seconds, as long as somebody looks, and shows what came.

const poll_time = 2000;  // milliseconds
const slow_polls = 5;    // the busiest swarms are asked for every so many turns
const day_poll = 30;     // and the coarse history

const charts = [
  new Chart({ title: 'Requests per second', format: rate, lines: [
    { name: 'HTTP announces', series: 'AnnouncesHTTP', colour: 'one' }, { name: 'UDP announces', series: 'AnnouncesUDP', colour: 'three' },
    { name: 'Scrapes', series: 'Scrapes', colour: 'two' }] }),
  new Chart({ title: 'Latency', format: latency, scale: new TenfoldScale(), lines: [
    { name: 'P50', series: 'P50', colour: 'one' }, { name: 'P90', series: 'P90', colour: 'three' }, { name: 'P99', series: 'P99', colour: 'two' }] }),
  new Chart({ title: 'Peers', format: count, scale: new EvenScale(round_up_even), lines: [
    { name: 'Seeders', series: 'Seeders', colour: 'one' }, { name: 'Leechers', series: 'Leechers', colour: 'two' }] }),
  new Chart({ title: 'Failures and drops per second', format: rate, lines: [
    { name: 'Refused', series: 'Refused', colour: 'one' }, { name: 'Dropped', series: 'Dropped', colour: 'three' }, { name: 'Failed', series: 'Failed', colour: 'two' }] }),
  new Chart({ title: 'Swarms', format: count, scale: new EvenScale(round_up_even), lines: [{ name: 'Swarms', series: 'Swarms', colour: 'one' }] }),
  new Chart({ title: 'Peers by family', format: count, scale: new EvenScale(round_up_even), lines: [
    { name: 'IPv4', series: 'IPv4', colour: 'one' }, { name: 'IPv6', series: 'IPv6', colour: 'four' }] }),
  new Chart({ title: 'Traffic', format: byte_rate, scale: new EvenScale(round_up_bytes), lines: [
    { name: 'In', series: 'BytesIn', colour: 'one' }, { name: 'Out', series: 'BytesOut', colour: 'three' }] }),
  new Chart({ title: 'Memory', format: bytes, scale: new EvenScale(round_up_bytes), lines: [{ name: 'Resident', series: 'ResidentBytes', colour: 'one' }] }),
];

const page = {
  rates: new Rates(),
  history: { quarter: { points: [], step: 2 }, day: { points: [], step: 60 } },
  span: 'quarter',
  stats: null,
  top: null,
  top_refused: null,  // why
  turns: 0,
  answered: null,     // when the tracker last answered, Unix time
  silent_since: null,
  timer: null,
  is_asking: false,
};

/* ---- what is asked ---- */

/** The page keeps what it has seen: after a restart the tracker's own history begins anew. */
function take_history(kind, answer) {
  const kept = page.history[kind];
  const names = answer.Names.slice(1);
  const last = kept.points.at(-1)?.time ?? 0;  // two calls may be under way at once
  const fresh = answer.Points.filter(([time]) => time > last).map(([time, ...values]) => ({
    time, values: Object.fromEntries(names.map((name, index) => [name, values[index]])),
  }));
  kept.step = answer.Step;
  const points = [...kept.points, ...fresh];
  const oldest = (points.at(-1)?.time ?? 0) - spans[kind].seconds - answer.Step;  // by the tracker's clock, never this one's
  kept.points = points.filter((point) => point.time > oldest);
}

async function ask_history(kind) {
  const after = page.history[kind].points.at(-1)?.time ?? 0;
  take_history(kind, await ask(`history?span=${kind}&after=${after}`));
}

async function ask_top() {
  try {
    page.top = await ask('top?limit=10');
    page.top_refused = null;
  } catch (problem) {
    page.top = null;
    page.top_refused = problem instanceof NeedsToken || problem instanceof Forbidden ? problem : null;
    if (problem.message === 'wrong') {
      store_token('');
      show_token_form('The tracker does not take this token.');
    }
  }
}

async function ask_all() {
  const slow = page.turns % slow_polls === 0 && !page.top_refused ? ask_top() : null;
  const [stats] = await Promise.all([
    ask('stats'),
    ask_history('quarter'),
    page.span === 'day' && (page.turns % day_poll === 0 || !page.history.day.points.length) ? ask_history('day') : null,
    slow,
  ]);
  page.turns += 1;
  page.stats = stats;
  page.rates.take(stats, performance.now() / 1000);
}

/* ---- what is shown ---- */

function show_state() {
  const { Health: health, Version: version } = page.stats;
  set_text(by_id('version'), version ? `${version}` : '');
  const is_good = health?.Ready ?? true;
  set_attribute(by_id('state'), 'data-state', is_good ? 'good' : 'bad');
  set_text(by_id('state-text'), is_good ? `${health ? 'Ready' : 'Answering'}, up ${duration(page.stats.UptimeSeconds)}`
    : `Not ready: ${(health.Reasons ?? []).join('; ')}`);
  document.title = is_good ? 'Chihaya' : 'Chihaya: not ready';
}

function show_charts() {
  const { points, step } = page.history[page.span];
  const now = points.at(-1)?.time ?? Date.now() / 1000;
  charts.forEach((chart) => chart.show(points, spans[page.span], now, step));
}

function show_figures() {
  const now = { ...page, last: page.history.quarter.points.at(-1) };
  for (const part of [...tiles, ...columns.flat()]) {
    try {
      part.show(now);
    } catch (problem) {
      reportError(problem);  // the others are shown all the same
    }
  }
  set_text(by_id('footnote'), `As of ${clock(page.answered)}, every 2 seconds. Rates above are averages of 10 seconds, points of the graphs of ` +
    `${page.history[page.span].step}.`);
}

function show_answer() {
  page.answered = Date.now() / 1000;
  page.silent_since = null;
  by_id('banner').hidden = true;
  document.body.classList.remove('stale');
  show_state();
  show_figures();
  show_charts();
}

function show_stale(why, state) {
  const banner = by_id('banner');
  set_text(banner, why);
  banner.hidden = false;
  document.body.classList.add('stale');
  set_attribute(by_id('state'), 'data-state', 'bad');
  set_text(by_id('state-text'), state);
  document.title = `Chihaya: ${state.toLowerCase()}`;
}

function show_silence() {
  page.silent_since ??= page.answered ?? Date.now() / 1000;
  show_stale(`No answer since ${clock(page.silent_since)}. What is shown is from then; asking every 2 seconds.`, 'No answer');
}

/* ---- the token ---- */

function show_token_form(complaint = '') {
  by_id('token-form').hidden = false;
  set_text(by_id('token-wrong'), complaint);
  by_id('token-forget').hidden = true;
}

function ask_for_token() {
  show_token_form();
  by_id('token').focus();
}

function use_token(token) {
  store_token(token);
  by_id('token').value = '';
  by_id('token-form').hidden = token !== '';
  by_id('token-forget').hidden = token === '';
  page.top_refused = null;
  page.turns = 0;
  turn();
}

function show_refusal(problem) {
  store_token('');
  show_token_form(problem.message === 'wrong' ? 'The tracker does not take this token.' : '');
}

/* ---- the turns ---- */

/** What to show once the tracker has answered, or has not. */
function outcome_of_asking() {
  return ask_all().then(() => show_answer, (problem) => {
    if (problem instanceof Forbidden) return () => show_stale(problem.message, 'Refused');
    return problem instanceof NeedsToken ? () => show_refusal(problem) : show_silence;
  });
}

async function turn() {
  if (page.is_asking || document.hidden) return;
  clearTimeout(page.timer);
  page.is_asking = true;
  const show = await outcome_of_asking();
  page.is_asking = false;
  page.timer = setTimeout(turn, poll_time);
  show();
}

/* ---- switches ---- */

const dark = matchMedia('(prefers-color-scheme: dark)');

function show_theme() {
  const chosen = document.querySelector('input[name="theme"]:checked').value;
  document.documentElement.dataset.theme = chosen === 'auto' ? (dark.matches ? 'dark' : 'light') : chosen;
}

/** Storage may be forbidden; then the choice lasts as long as the page. */
function remembered(name, value) {
  try {
    if (value !== undefined) localStorage.setItem(name, value);
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

function start_switches() {
  const theme = document.querySelector(`input[name="theme"][value="${CSS.escape(remembered('chihaya-theme') ?? 'auto')}"]`);
  if (theme) theme.checked = true;
  by_id('theme').addEventListener('change', (event) => {
    remembered('chihaya-theme', event.target.value);
    show_theme();
  });
  dark.addEventListener('change', show_theme);
  by_id('span').addEventListener('change', async (event) => {
    page.span = event.target.value;
    show_charts();
    await ask_history(page.span).catch(() => null);  // the next turn tells of a silent tracker
    show_charts();
  });
  by_id('token-form').addEventListener('submit', (event) => {
    event.preventDefault();
    use_token(by_id('token').value.trim());
  });
  by_id('token-forget').addEventListener('click', () => use_token(''));
  by_id('token-forget').hidden = stored_token() === '';
  document.addEventListener('visibilitychange', turn);
  show_theme();
}

const columns = make_columns(ask_for_token);
by_id('now').append(...tiles.map((tile) => tile.element));
by_id('charts').append(...charts.map((chart) => chart.element));
by_id('cards').append(...columns.map((cards) => make('div', {}, ...cards.map((card) => card.element))));
start_switches();
turn();
