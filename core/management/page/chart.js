// A graph of what /history tells: lines over time, drawn as SVG in the pixels that there are.

const margin = { left: 62, right: 8, top: 8, bottom: 20 };
const spans = {
  quarter: { seconds: 900, least: 120, label: 'the last 15 minutes', stamp: clock },
  day: { seconds: 86400, least: 3600, label: 'the last 24 hours', stamp: hour_and_minute },
};
const tick_steps = [60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400, 21600];  // seconds
const ticks_most = 5;

/** The smallest round number that is not below `value`. */
function round_up(value) {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 3, 4, 5, 6, 8, 10].find((factor) => factor * power >= value * 0.9999) * power;
}

/** The same with a half that is whole, too. */
function round_up_even(value) {
  return value > 10 ? round_up(value) : Math.max(2, 2 * Math.ceil(value / 2));
}

/** As round_up; for bytes powers of two, so that ticks are whole. */
function round_up_bytes(value) {
  return value > 1 ? 2 ** Math.ceil(Math.log2(value)) : 1;
}

/** From nothing to a round number. */
class EvenScale {
  constructor(round = round_up) {
    this.round = round;
  }

  fit(values) {
    this.top = this.round(values.reduce((most, value) => Math.max(most, value), 0));
    this.ticks = [0, this.top / 2, this.top];
  }

  /** 0 is the bottom, 1 the top. */
  portion(value) {
    return value / this.top;
  }
}

/** By powers of ten: a moment's latency a thousand times the usual one leaves both to be seen. */
class TenfoldScale {
  fit(values) {
    const logs = values.filter((value) => value > 0).map(Math.log10);
    this.low = Math.floor(logs.reduce((least, log) => Math.min(least, log), logs[0] ?? -1));
    this.high = Math.max(this.low + 1, Math.ceil(logs.reduce((most, log) => Math.max(most, log), this.low)));
    this.ticks = Array.from({ length: this.high - this.low + 1 }, (_, index) => 10 ** (this.low + index));
  }

  portion(value) {
    return value > 0 ? Math.max(0, (Math.log10(value) - this.low) / (this.high - this.low)) : 0;
  }
}

class Chart {
  /** `lines` are { name, series, colour }; `format` writes a value. */
  constructor({ title, lines, format, scale = new EvenScale() }) {
    this.title = title;
    this.lines = lines;
    this.format = format;
    this.scale = scale;
    this.points = [];
    this.cursor = null;  // index of the point that is read, null: the last
    this.span = spans.quarter;
    this.build();
  }

  build() {
    this.moment = make('span', { class: 'moment' });
    this.values = this.lines.map(() => make('b', {}, none));
    const legend = this.lines.map((line, index) => make('li', {},
      make('i', { 'data-colour': line.colour, 'aria-hidden': 'true' }), line.name, this.values[index]));
    this.plot = draw('svg', { class: 'plot', role: 'img', tabindex: '0' });
    this.element = make('figure', { class: 'chart' },
      make('div', { class: 'head' }, make('h2', {}, this.title), this.moment),
      make('ul', { class: 'legend' }, ...legend),
      this.plot);
    this.plot.addEventListener('pointermove', (event) => this.point_at(event));
    this.plot.addEventListener('pointerleave', () => this.read(null));
    this.plot.addEventListener('blur', () => this.read(null));
    this.plot.addEventListener('keydown', (event) => this.walk(event));
    new ResizeObserver(() => this.render()).observe(this.plot);
  }

  /** `points` are { time, values by series }, oldest first. */
  show(points, span, now, step) {
    const held = this.cursor === null ? null : this.points[this.cursor]?.time;
    Object.assign(this, { points: points.filter((point) => point.time > now - span.seconds), span, now, step });
    // A young tracker's few points get the whole width.
    this.seconds = Math.max(span.least, Math.min(span.seconds, now - (this.points[0]?.time ?? now)));
    this.cursor = held === null ? null : this.points.findIndex((point) => point.time === held);
    if (this.cursor === -1) this.cursor = null;
    this.render();
  }

  x(time) {
    const width = this.width - margin.left - margin.right;
    return margin.left + width * (1 - (this.now - time) / this.seconds);
  }

  y(value) {
    const height = this.height - margin.top - margin.bottom;
    return margin.top + height * (1 - this.scale.portion(value));
  }

  render() {
    this.width = this.plot.clientWidth;
    this.height = this.plot.clientHeight;
    if (!this.width || this.now === undefined) return;
    this.scale.fit(this.points.flatMap((point) => this.lines.map((line) => point.values[line.series])).filter(is_number));
    this.mark = draw('line', { class: 'cursor', y1: `${margin.top}`, y2: `${this.height - margin.bottom}` });
    const paths = this.lines.flatMap((line, index) => this.line(line, index));
    this.plot.replaceChildren(...this.axes(), ...paths, this.mark);
    if (this.points.length < 2) {
      this.plot.append(draw('text', { class: 'empty', x: `${this.width / 2}`, y: `${this.height / 2 - 4}`, 'text-anchor': 'middle' },
        'The first points come in a moment'));
    }
    set_attribute(this.plot, 'aria-label', this.described());
    this.read(this.cursor);
  }

  axes() {
    const parts = this.scale.ticks.flatMap((value) => {
      const y = this.y(value);
      return [
        draw('line', { class: 'grid', x1: `${margin.left}`, x2: `${this.width - margin.right}`, y1: `${y}`, y2: `${y}` }),
        draw('text', { x: `${margin.left - 8}`, y: `${y + 4}`, 'text-anchor': 'end' }, this.tick(value)),
      ];
    });
    // Ticks stand at round times of day and wander with them.
    const offset = new Date(this.now * 1000).getTimezoneOffset() * 60;
    const tick = tick_steps.find((step) => this.seconds / step <= ticks_most) ?? tick_steps.at(-1);
    const first = Math.ceil((this.now - this.seconds - offset) / tick) * tick + offset;
    for (let time = first; time <= this.now; time += tick) {
      const x = this.x(time);
      const anchor = x < margin.left + 18 ? 'start' : x > this.width - margin.right - 18 ? 'end' : 'middle';
      parts.push(draw('text', { x: `${x}`, y: `${this.height - 5}`, 'text-anchor': anchor }, hour_and_minute(time)));
    }
    return parts;
  }

  /** A value at the scale: round, so without decimals that are nothing. */
  tick(value) {
    return value === 0 ? '0' : this.format(value).replace(/\.0+(?=\D|$)/, '').replace(/(\.\d)0(?=\D|$)/, '$1');
  }

  /** A gap in the points is a gap in the line. */
  line(line, index) {
    let path = '';
    let area = '';
    let run = [];
    const end_run = () => {
      if (run.length) {
        const [from, to] = [run[0].split(' ')[0], run.at(-1).split(' ')[0]];
        path += `M${run.join('L')}${run.length === 1 ? 'h.1' : ''}`;
        area += `M${from} ${this.y(0)}L${run.join('L')}L${to} ${this.y(0)}Z`;
      }
      run = [];
    };
    let before = null;
    for (const point of this.points) {
      const value = point.values[line.series];
      if (before !== null && point.time - before > this.step * 3) end_run();
      if (is_number(value)) {
        run.push(`${this.x(point.time).toFixed(1)} ${this.y(value).toFixed(1)}`);
      } else {
        end_run();
      }
      before = point.time;
    }
    end_run();
    const shape = draw('path', { d: path, 'data-colour': line.colour, 'data-series': line.series });
    return index === 0 ? [draw('path', { d: area, class: 'area', 'data-colour': line.colour }), shape] : [shape];
  }

  described() {
    const last = this.points.at(-1);
    const parts = this.lines.map((line) => {
      const highest = this.points.reduce((most, point) => Math.max(most, point.values[line.series] ?? 0), 0);
      return `${line.name} now ${this.format(last?.values[line.series])}, at most ${this.format(highest)}`;
    });
    return `${this.title}, ${this.span.label}: ${parts.join('; ')}. Arrow keys read single points.`;
  }

  /** Shows the figures of one point in the legend; of the last one without an index. */
  read(index) {
    this.cursor = index;
    const point = this.points[index ?? this.points.length - 1];
    this.lines.forEach((line, i) => set_text(this.values[i], this.format(point?.values[line.series])));
    set_text(this.moment, index === null || !point ? '' : this.span.stamp(point.time));
    if (!this.mark) return;
    const is_read = index !== null && point;
    const x = is_read ? `${Math.round(this.x(point.time))}` : '-9';
    this.mark.setAttribute('x1', x);
    this.mark.setAttribute('x2', x);
  }

  point_at(event) {
    if (!this.points.length) return;
    const x = event.clientX - this.plot.getBoundingClientRect().left;
    let nearest = 0;
    this.points.forEach((point, index) => {
      if (Math.abs(this.x(point.time) - x) < Math.abs(this.x(this.points[nearest].time) - x)) nearest = index;
    });
    this.read(nearest);
  }

  walk(event) {
    const moves = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10 };
    const last = this.points.length - 1;
    if (event.key === 'Escape') {
      this.read(null);
    } else if (event.key in moves && last >= 0) {
      event.preventDefault();
      this.read(Math.max(0, Math.min(last, (this.cursor ?? last) + moves[event.key])));
      set_attribute(this.plot, 'aria-label', `${this.span.stamp(this.points[this.cursor].time)}: ` +
        this.lines.map((line, i) => `${line.name} ${this.values[i].textContent}`).join(', '));
    }
  }
}
