// The tags that entries bear, those with the most dependents first.

import { ask } from '../api.js';
import { fill, h, link } from '../dom.js';
import { count, number } from '../format.js';
import { failure, heading, notice, table } from '../table.js';

const page = 1_000;

/** How many tags are looked through at the most: each call costs every silo time in the number of its entries. */
const mostTags = 50_000;

/** How many rows are shown at a time. */
const rows = 100;

export async function show(place, { signal }) {
  let [tags, next, unreachable, shown, prefix, byName] = [[], null, 0, rows, '', false];
  const input = h('input', { id: 'prefix', name: 'prefix', type: 'search', autocomplete: 'off', spellcheck: 'false', maxlength: 256 });
  const order = h('select', { id: 'order', onchange: () => {
    byName = order.value === 'name';
    render();
  } }, h('option', { value: 'dependents' }, 'most dependents first'), h('option', { value: 'name' }, 'by name'));
  const [notes, below] = [h('div', { 'aria-live': 'polite' }), h('div', { class: 'actions' })];
  const list = table('Tags', [
    ['Tag', '', tag => link('tags', tag.tag)],
    ['Dependents', 'figure', tag => number(tag.dependents)],
  ], [], 'No entry bears a tag that begins so. Tags appear here when entries with them are stored, and go with the last of them.');
  const form = h('form', { class: 'search', role: 'search', onsubmit: event => {
    event.preventDefault();
    prefix = input.value;
    load();
  } }, h('label', { for: 'prefix' }, 'Begins with'), input, h('button', { type: 'submit', class: 'main' }, 'Search'), h('label', { for: 'order' }, 'Order'), order);
  const refresh = h('button', { type: 'button', onclick: load }, 'Refresh');
  fill(place, heading('Tags', refresh), form, notes, list, below);
  await load();

  async function load() {
    [tags, next, unreachable, shown] = [[], null, 0, rows];
    await add();
  }

  /** One page more; up to the bound, if all are wanted. */
  async function add(all) {
    try {
      do {
        fill(notes, h('p', { class: 'loading' }, tags.length === 0 ? 'Loading…' : `Looking through the tags: ${number(tags.length)} so far…`));
        const answer = await ask('v1/tags', { prefix, limit: page, after: next }, signal);
        tags.push(...answer.tags);
        next = answer.next;
        unreachable = Math.max(unreachable, answer.unreachableSilos);
      } while (all && next !== null && tags.length < mostTags && !signal.aborted);
      render();
    } catch (error) {
      if (!signal.aborted) {
        fill(notes, failure(error, () => add(all)));
      }
    }
  }

  function render() {
    const sorted = byName ? tags : [...tags].sort((one, other) => other.dependents - one.dependents || (one.tag < other.tag ? -1 : 1));
    fill(notes,
      unreachable > 0 && notice('warn', `${count(unreachable, 'silo')} did not answer: tags and figures may be missing.`),
      next === null
        ? tags.length > 0 && h('p', { class: 'dim' }, `${count(tags.length, 'tag')}.`)
        : notice('', `These are the first ${number(tags.length)} tags by name; there are more, and one of them may have more dependents. `,
          tags.length < mostTags ? h('button', { type: 'button', onclick: () => add(true) }, 'Look through all') : 'Search for a beginning to see the others.'));
    list.show(sorted.slice(0, shown));
    fill(below, sorted.length > shown && h('button', { type: 'button', onclick: () => {
      shown += rows;
      render();
    } }, `Show ${Math.min(rows, sorted.length - shown)} more of ${number(sorted.length - shown)}`));
  }
}
