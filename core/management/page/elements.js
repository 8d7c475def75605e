// Elements of the page. Whatever comes from the tracker becomes text and nothing else: names of
// clients and reasons of refusals are written by strangers.

const svg_space = 'http://www.w3.org/2000/svg';

function by_id(id) {
  return document.getElementById(id);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    element.setAttribute(name, value);
  }
  element.append(...children);  // strings become text
  return element;
}

function make(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

function draw(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(svg_space, tag), attributes, children);
}

/** Touches the page only where something changed: a selection, a screen reader stay undisturbed. */
function set_text(element, text) {
  if (element.textContent !== text) {
    element.textContent = text;
  }
}

function set_attribute(element, name, value) {
  if (element.getAttribute(name) !== value) {
    element.setAttribute(name, value);
  }
}

/**
 * A table that is written anew at every turn. A cell is text, or { text, kind } with one of the
 * style's classes; the first of a row is its head. A cell { bar: 0.4 } is a bar of that share.
 */
class Table {
  constructor(head) {
    this.body = make('tbody');
    this.element = make('table');
    if (head) {
      const cells = head.map((text) => make('th', { scope: 'col' }, text));
      this.element.append(make('thead', {}, make('tr', {}, ...cells)));
    }
    this.element.append(this.body);
  }

  show(rows) {
    while (this.body.rows.length > rows.length) {
      this.body.deleteRow(-1);
    }
    rows.forEach((cells, index) => this.show_row(index, cells));
  }

  show_row(index, cells) {
    const row = this.body.rows[index] ?? this.body.insertRow();
    while (row.cells.length < cells.length) {
      row.append(row.cells.length === 0 ? make('th', { scope: 'row' }) : make('td'));
    }
    cells.forEach((cell, column) => {
      const { text = '', kind = '', bar } = typeof cell === 'object' ? cell : { text: cell };
      const place = row.cells[column];
      set_attribute(place, 'class', bar === undefined ? kind : 'share');
      if (bar === undefined) {
        set_text(place, text);
      } else {
        show_bar(place, bar);
      }
    });
  }
}

function show_bar(place, portion) {
  if (!place.firstElementChild) {
    place.append(make('span', { class: 'bar', 'aria-hidden': 'true' }, make('span')));
  }
  place.firstElementChild.firstElementChild.style.width = `${Math.min(100, portion * 100).toFixed(1)}%`;
}
