// The keys that are read most, and those that take most memory; and the way to any other.

import { ask } from '../api.js';
import { address, fill, foreign, h, link } from '../dom.js';
import { ago, bytes, number, percent } from '../format.js';
import { badge, bar, failure, heading, notice, table } from '../table.js';

const most = 50;

/** A key may be asked for that has no value. */
const states = { fresh: ['good', 'fresh'], stale: ['warn', 'stale'], fail_safe: ['warn', 'for failures alone'], expired: ['', 'expired'], none: ['', 'no value'] };

export async function show(place, { signal }) {
  const input = h('input', { id: 'find', name: 'key', type: 'search', autocomplete: 'off', spellcheck: 'false', maxlength: 1024, required: true });
  const form = h('form', { class: 'search', role: 'search', onsubmit: event => {
    event.preventDefault();
    location.hash = address('keys', input.value);
  } }, h('label', { for: 'find' }, 'Key'), input, h('button', { type: 'submit', class: 'main' }, 'Open'));
  const by = h('select', { id: 'by', onchange: () => load() }, h('option', { value: 'reads' }, 'read most first'), h('option', { value: 'size' }, 'largest first'));
  const [notes, list] = [h('div'), h('div')];
  fill(place, heading('Keys', h('button', { type: 'button', onclick: () => load() }, 'Refresh')), form,
    h('div', { class: 'search' }, h('label', { for: 'by' }, 'Order'), by), notes, list);
  await load();

  async function load() {
    try {
      const answer = await ask('v1/keys', { by: by.value, limit: most }, signal);
      const top = Math.max(1, ...answer.keys.map(key => key.bytes ?? 0));
      fill(notes,
        answer.unreachable.length > 0 && notice('warn', 'Silos that did not answer: ', answer.unreachable.flatMap((silo, i) => [i > 0 ? ', ' : '', foreign(silo)])),
        h('p', { class: 'dim' }, by.value === 'reads' ? `Of the last minute, estimated from ${number(answer.sampledReads)} samples of reads that reached silos.` : 'Sizes are what entries weigh in their silo, its bookkeeping included.'));
      fill(list, table(by.value === 'reads' ? 'The keys that are read most' : 'The largest entries', [
        ['Key', '', key => link('keys', key.key)],
        ['Reads', 'figure', key => number(key.reads)],
        ['Share', 'figure', key => by.value === 'reads' ? [bar(key.share), ' ', percent(key.share)] : percent(key.share)],
        ['Size', 'figure', key => by.value === 'reads' ? bytes(key.bytes) : [bar((key.bytes ?? 0) / top), ' ', bytes(key.bytes)]],
        ['Made', '', key => ago(key.ageSeconds)],
        ['State', '', key => stateOf(key.state)],
        ['Silo', '', key => foreign(key.silo)],
      ], answer.keys, by.value === 'reads' ? 'No reads have been seen yet.' : 'There are no entries.'));
    } catch (error) {
      if (!signal.aborted) {
        fill(list, failure(error, load));
      }
    }
  }
}

function stateOf(state) {
  const [kind, text] = states[state] ?? ['', state];
  return badge(kind, text);
}
