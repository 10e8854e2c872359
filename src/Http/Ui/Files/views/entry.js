// One entry: its tags, its life, and what it holds.

import { actionButton, removeEntry } from '../actions.js';
import { ask, post } from '../api.js';
import { fill, foreign, h, link } from '../dom.js';
import { ago, bytes, duration, life } from '../format.js';
import { preview } from '../preview.js';
import { badge, facts, failure, heading, notice } from '../table.js';

/** Larger values are not brought into the browser. */
const mostBytes = 4 * 1024 * 1024;

export async function show(place, { name, user, signal }) {
  const [notes, about, value] = [h('div', { role: 'status' }), h('div'), h('div')];
  fill(place,
    h('p', { class: 'back' }, h('a', { href: '#/keys' }, 'Keys')),
    heading(foreign(name), h('button', { type: 'button', onclick: () => load() }, 'Refresh'), actionButton(user, 'write', 'Remove…', act)),
    notes, about, value);
  await load();

  async function act() {
    const done = await removeEntry(name);
    if (done !== null) {
      fill(notes, notice('good', done));
      await load();
    }
  }

  async function load() {
    fill(value);
    try {
      const entry = await ask('v1/entry/info', { key: name }, signal);
      fill(about, facts([
        ['State', entry.state === 'fresh' ? badge('good', 'fresh') : badge('warn', entry.state)],
        ['Made', ago(entry.age)],
        ['Fresh until', left(entry.life.revalidate, entry.age)],
        ['Served until', left(entry.life.expire, entry.age)],
        ['Life', `stale ${life(entry.life.stale)}, revalidate ${life(entry.life.revalidate)}, expire ${life(entry.life.expire)}`],
        ['Size', bytes(entry.size)],
        ['Content type', entry.contentType ? foreign(entry.contentType) : 'none'],
        ['Silo', foreign(entry.silo)],
      ]), h('section', { class: 'card' }, h('h2', null, 'Tags'), entry.tags.length > 0
        ? h('ul', { class: 'tags' }, entry.tags.map(tag => h('li', null, link('tags', tag))))
        : h('p', { class: 'empty' }, 'It bears no tags: only its key removes it.')));
      fill(value, h('section', { class: 'card' }, h('h2', null, 'Value'), entry.size > mostBytes
        ? h('p', { class: 'empty' }, `It has ${bytes(entry.size)}, too much to be shown here. Read it with 'otc get'.`)
        : [h('p', { class: 'dim' }, 'Showing it counts as a read, and restarts a sliding expiration.'), h('button', { type: 'button', onclick: look }, 'Show the value')]));
    } catch (error) {
      if (!signal.aborted) {
        fill(about, error.status === 404 ? notice('', 'There is no such entry: it was never stored, has expired, was removed or evicted. Check the spelling; keys are case-sensitive.') : failure(error, load));
      }
    }
  }

  async function look() {
    const card = value.querySelector('section');
    try {
      const [entry] = (await post('v1/entries/get', { keys: [name] }, signal)).entries;
      if (entry === undefined) {
        fill(card, h('h2', null, 'Value'), h('p', { class: 'empty' }, 'The entry is gone.'));
        return;
      }
      const bytesOf = Uint8Array.from(atob(entry.value), character => character.charCodeAt(0));
      fill(card, h('h2', { tabindex: '-1' }, 'Value'), preview(bytesOf, entry.contentType, signal));
      card.querySelector('h2').focus();
    } catch (error) {
      if (!signal.aborted) {
        fill(card, h('h2', null, 'Value'), failure(error, look));
      }
    }
  }
}

function left(end, age) {
  return end === null ? 'for ever' : end - age > 0 ? `${duration(end - age)} from now` : ['passed ', ago(age - end)];
}
