// The updates that took longest, and who they waited for; what holds and sessions there are.

import { ask } from '../api.js';
import { fill, foreign, h, link } from '../dom.js';
import { duration, none, number, since } from '../format.js';
import { badge, failure, heading, notice, table } from '../table.js';

export async function show(place, { user, signal }) {
  const [notes, slowest, rest] = [h('div'), h('div'), h('div')];
  fill(place, heading('Updates', h('button', { type: 'button', onclick: () => load() }, 'Refresh')),
    h('p', { class: 'dim' }, 'An update returns when every silo, and every client that keeps values near, has let go of the old ones, or when the lease of one that does not answer has ended. So who is slow here has delayed it.'),
    notes, slowest, rest);
  await load();

  async function load() {
    try {
      const [updates, cluster] = await Promise.all([ask('v1/updates', {}, signal), ask('v1/cluster', {}, signal)]);
      fill(notes, updates.unreachable.length > 0 && notice('warn', 'Silos that did not answer: ', updates.unreachable.flatMap((silo, i) => [i > 0 ? ', ' : '', foreign(silo)])));
      fill(slowest, table('The slowest updates', [
        ['Tags', '', update => tagsOf(update, user)],
        ['Took', 'figure', update => [duration(update.elapsedMs / 1000), update.isOpen ? [' ', badge('warn', 'so far')] : null]],
        ['Delayed by', '', update => update.delayedBy.length === 0 ? none : h('ul', { class: 'plain' }, update.delayedBy.map(by => h('li', null, foreign(by.silo), ` ${duration(by.ms / 1000)}`, by.why ? [', ', foreign(by.why)] : null)))],
        ['Kind', '', update => update.kind],
        ['When', '', update => since(update.at)],
        ['Begun at', '', update => foreign(update.silo)],
      ], updates.updates, 'No update is remembered. Silos remember their slowest of late; it appears here when the first is made.'));
      fill(rest, table('Holds, sessions and interest', [
        ['Silo', '', member => foreign(member.silo)],
        ['Holds', 'figure', member => number(member.holds.held)],
        ['Oldest hold', 'figure', member => duration(member.holds.oldestSeconds)],
        ['Sessions', 'figure', member => number(member.sessions)],
        ['Interest', 'figure', member => number(member.interest)],
        ['Messages on their way', 'figure', member => number(member.pushes)],
        ['Sessions broken', 'figure', member => number(member.brokenSessions)],
      ], cluster.members, 'No silo answered.'));
    } catch (error) {
      if (!signal.aborted) {
        fill(slowest, failure(error, load));
      }
    }
  }
}

function tagsOf(update, user) {
  const tags = update.tags.map(tag => h('li', null, update.namespace === user.namespace ? link('tags', tag) : foreign(tag)));
  return [h('ul', { class: 'plain' }, tags, update.more > 0 ? h('li', { class: 'dim' }, `and ${number(update.more)} more`) : null), update.namespace === user.namespace ? null : h('span', { class: 'dim' }, 'in ', foreign(update.namespace))];
}
