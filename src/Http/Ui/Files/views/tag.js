// One tag: who depends on it, what happened to it, and what can be done.

import { actionButton, revalidateTag, updateTag } from '../actions.js';
import { ask } from '../api.js';
import { fill, foreign, h, link } from '../dom.js';
import { ago, count, duration, number } from '../format.js';
import { facts, failure, heading, notice, table } from '../table.js';

const page = 100;

/** How often a refresh that runs is asked for. */
const refreshEvery = 2_000;

export async function show(place, { name, user, signal }) {
  const [notes, about, refreshing, keys] = [h('div', { role: 'status' }), h('div'), h('div'), h('div')];
  fill(place,
    h('p', { class: 'back' }, h('a', { href: '#/tags' }, 'Tags')),
    heading(foreign(name),
      h('button', { type: 'button', onclick: () => load() }, 'Refresh'),
      actionButton(user, 'invalidate', 'Revalidate…', () => act(revalidateTag(name, user.profiles))),
      actionButton(user, 'invalidate', 'Update…', () => act(updateTag(name)))),
    notes, about, refreshing, keys);
  await load();

  async function act(question) {
    const done = await question;
    if (done !== null) {
      fill(notes, notice('good', done));
      await load();
    }
  }

  async function load() {
    try {
      await Promise.all([describe(), list([undefined])]);
    } catch (error) {
      if (!signal.aborted) {
        fill(about, failure(error, load));
      }
    }
  }

  async function describe() {
    const tag = await ask('v1/tag', { tag: name }, signal);
    fill(about,
      tag.unreachableSilos > 0 && notice('warn', `${count(tag.unreachableSilos, 'silo')} did not answer: figures may be too low.`),
      facts([
        ['Dependents', number(tag.dependents)],
        ['Last update', tag.lastUpdate === null ? 'none that is remembered' : ago(tag.lastUpdate)],
        ['Last revalidation', tag.lastRevalidation === null ? 'none that is remembered' : ago(tag.lastRevalidation)],
      ]),
      tag.silos.length > 1 && table('Where they are', [['Silo', '', silo => foreign(silo.silo)], ['Dependents', 'figure', silo => number(silo.dependents)]], tag.silos, ''));
    showRefresh(tag.pendingRefresh);
  }

  function showRefresh(refresh) {
    if (refresh === null) {
      fill(refreshing);
      return;
    }
    fill(refreshing, h('section', { class: 'card' },
      h('h2', null, 'A refresh is running'),
      h('progress', { max: Math.max(1, refresh.total), value: refresh.done, 'aria-label': 'Refreshed entries' }),
      h('p', null, `${number(refresh.done)} of ${number(refresh.total)} are done, ${number(refresh.left)} are left, ${number(refresh.failed)} failed; pass ${refresh.pass}, for ${duration(refresh.started)}.`)));
    setTimeout(() => !signal.aborted && !document.hidden && describe().catch(() => {}), refreshEvery);
  }

  /** @param pages the "after" of each page so far; the last one is shown */
  async function list(pages) {
    const answer = await ask('v1/tag/entries', { tag: name, limit: page, after: pages.at(-1) }, signal);
    const go = next => () => list(next).catch(error => fill(keys, failure(error, go(next))));
    fill(keys,
      table('Entries that bear the tag', [['Key', '', key => link('keys', key)]], answer.entries, 'No entry bears the tag now.'),
      h('nav', { class: 'actions', 'aria-label': 'Pages of entries' },
        pages.length > 1 && h('button', { type: 'button', onclick: go(pages.slice(0, -1)) }, 'Previous'),
        answer.next !== null && h('button', { type: 'button', onclick: go([...pages, answer.next]) }, 'Next'),
        (pages.length > 1 || answer.next !== null) && h('span', { class: 'dim' }, `Page ${pages.length}`)));
  }
}
