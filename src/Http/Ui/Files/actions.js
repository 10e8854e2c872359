// What can be changed from the page, each after a question.

import { post, remove } from './api.js';
import { confirm } from './dialog.js';
import { foreign, h } from './dom.js';
import { count, duration } from './format.js';

/** A button that asks first. Without the scope it says which one is missing. */
export function actionButton(user, scope, text, act) {
  const may = user.may(scope);
  return h('button', { type: 'button', 'aria-disabled': may ? null : 'true', title: may ? null : `The key does not have the scope '${scope}'.`, onclick: () => may && act() }, text);
}

export function updateTag(tag) {
  return confirm({
    title: 'Update this tag?',
    text: [h('p', null, foreign(tag)), h('p', null, 'Every entry that bears the tag expires now, in every process. The next reader of each makes its value anew, so expect load at the source. The call returns when no process serves the old values.')],
    verb: 'Update the tag',
    doing: 'Updating: waiting until every process has let go of the old values…',
    run: async () => said('The tag was updated', await post('v1/tags/update', { tags: [tag] })),
  });
}

export function revalidateTag(tag, profiles) {
  const profile = h('select', { id: 'profile', name: 'profile' }, profiles.map(name => h('option', { selected: name === 'max' }, name)));
  return confirm({
    title: 'Revalidate this tag?',
    text: [h('p', null, foreign(tag)), h('p', null, 'Every entry that bears the tag becomes stale: it is served while it is refreshed in the background, for at most as long as the profile lets stale values live.')],
    fields: h('p', null, h('label', { for: 'profile' }, 'Profile'), ' ', profile),
    verb: 'Revalidate the tag',
    doing: 'Revalidating…',
    run: async () => said('The tag was revalidated', await post('v1/tags/revalidate', { tags: [tag], profile: profile.value })),
  });
}

export function removeEntry(key) {
  return confirm({
    title: 'Remove this entry?',
    text: [h('p', null, foreign(key)), h('p', null, 'The entry is removed. The call returns when no process serves it.')],
    verb: 'Remove the entry',
    doing: 'Removing: waiting until no process serves it…',
    run: async () => {
      await remove('v1/entry', { key });
      return 'The entry was removed: no process serves it.';
    },
  });
}

function said(what, answer) {
  return `${what} in ${duration(answer.elapsedMs / 1000)}, at ${count(answer.members, 'silo')}.`;
}
