// The updates that took longest, and who they waited for; what holds and sessions there are.

import { ask } from '../api.js';
import { fill, foreign, h, link } from '../dom.js';
import { count, duration, none, number, since } from '../format.js';
import { badge, failure, heading, notice, table } from '../table.js';

const kinds = { update: 'update', revalidate: 'revalidation', hold: 'hold', set: 'set of a key', remove: 'removal of a key' };

/** Why a silo has delayed an update, and so where to look. */
const reasons = {
  'slow': 'it answered late',
  'no answer': 'an attempt to reach it failed',
  'clients': 'a client that keeps values near answered it late',
  'session broken': 'a client did not answer it, until its lease was over',
  'lease waited out': 'it is dead, and its lease had to pass',
  'left': 'it left without an answer',
  'no serving lease': 'the silo that began the update had no serving lease',
};

export async function show(place, { signal }) {
  const [notes, slowest, rest] = [h('div'), h('div'), h('div')];
  fill(place, heading('Updates', h('button', { type: 'button', onclick: () => load() }, 'Refresh')),
    h('p', { class: 'dim' }, 'An update returns when every silo, and every client that keeps values near, has let go of the old ones, or when the lease of one that does not answer has ended. Who acknowledged last stands first: that one has decided how long it took.'),
    notes, slowest, rest);
  await load();

  async function load() {
    try {
      const [updates, cluster] = await Promise.all([ask('v1/updates', {}, signal), ask('v1/cluster', {}, signal)]);
      fill(notes, updates.unreachable.length > 0 && notice('warn', 'Silos that did not answer: ', updates.unreachable.flatMap((silo, i) => [i > 0 ? ', ' : '', foreign(silo)])));
      fill(slowest, table('The slowest of the last hour', [
        ['Tags, or key', '', namesOf],
        ['Took', 'figure', update => [duration(update.elapsedMs / 1000), update.isOpen ? [' ', badge('warn', 'so far')] : null]],
        ['Delayed by', '', update => update.delayedBy.length === 0 ? none : h('ul', { class: 'plain' }, update.delayedBy.toReversed().map((by, i) => h('li', { class: i > 0 && !update.isOpen ? 'dim' : null }, foreign(by.silo), ` after ${duration(by.ms / 1000)}`, `: ${reasons[by.why] ?? by.why}`)))],
        ['Kind', '', update => kinds[update.kind] ?? update.kind],
        ['When', '', update => since(update.at)],
        ['Begun at', '', update => foreign(update.silo)],
      ], updates.updates, 'None took a millisecond or more in the last hour.'));
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

/** The names that may be told: those of the namespace of the key. */
function namesOf(update) {
  const view = update.kind === 'set' || update.kind === 'remove' ? 'keys' : 'tags';
  return h('ul', { class: 'plain' },
    update.tags.map(name => h('li', null, link(view, name))),
    update.more > 0 && h('li', { class: 'dim' }, update.tags.length > 0 ? `and ${number(update.more)} more` : `${count(update.more, 'name')} of another namespace`));
}
