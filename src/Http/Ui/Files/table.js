// Tables that scroll within themselves where they are wider than the window.

import { fill, h } from './dom.js';

/**
 * @param caption what the table is of
 * @param columns [title, kind, what a row has there]; kind "figure" is set to the right
 * @param rows the rows
 * @param empty what is said where there are none
 */
export function table(caption, columns, rows, empty) {
  const body = h('tbody');
  const node = h('div', { class: 'scroll', role: 'region', 'aria-label': caption, tabindex: '0' },
    h('table', null,
      h('caption', null, caption),
      h('thead', null, h('tr', null, columns.map(([title, kind]) => h('th', { scope: 'col', class: kind }, title)))),
      body));
  node.show = next => {
    fill(body, next.length === 0
      ? h('tr', null, h('td', { colspan: columns.length, class: 'empty' }, empty))
      : next.map(row => h('tr', null, columns.map(([, kind, of], i) => h(i === 0 ? 'th' : 'td', { class: kind, scope: i === 0 ? 'row' : null }, of(row))))));
    return node;
  };
  return node.show(rows);
}

/** Pairs of a name and a value. */
export function facts(pairs) {
  return h('dl', { class: 'facts' }, pairs.filter(Boolean).map(([name, ...value]) => h('div', null, h('dt', null, name), h('dd', null, value))));
}

/** A share of something as a bar; the figure stands beside it. */
export function bar(share) {
  const inner = h('span');
  inner.style.setProperty('inline-size', `${Math.round(Math.min(1, Math.max(0, share)) * 1000) / 10}%`);
  return h('span', { class: 'bar', 'aria-hidden': 'true' }, inner);
}

export function badge(kind, text) {
  return h('span', { class: `badge ${kind}` }, text);
}

export function notice(kind, ...content) {
  return h('div', { class: `notice ${kind}` }, content);
}

/** What went wrong, and the way to try it again. */
export function failure(error, again) {
  return h('div', { class: 'notice bad', role: 'alert' }, h('p', null, error.message), again ? h('p', null, h('button', { type: 'button', onclick: again }, 'Try again')) : null);
}

/** The title of a view, with what can be done in it. */
export function heading(title, ...actions) {
  document.title = `${title.textContent ?? title} · OrleansTagCache`;
  return h('div', { class: 'heading' }, h('h1', { tabindex: '-1' }, title), h('div', { class: 'actions' }, actions));
}
