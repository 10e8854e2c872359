// The page: who looks at it, which view is open, and the way between views.

import { ask, remove, session } from './api.js';
import { closeAll } from './dialog.js';
import { fill, h } from './dom.js';
import { failure } from './table.js';
import { showSignIn } from './signin.js';
import { traffic } from './traffic.js';
import * as cluster from './views/cluster.js';
import * as trafficView from './views/traffic.js';
import * as tags from './views/tags.js';
import * as tag from './views/tag.js';
import * as entry from './views/entry.js';
import * as updates from './views/updates.js';
import * as keys from './views/keys.js';

/** How often the session is made to last longer, while the page is looked at. */
const renewEvery = 5 * 60_000;

const views = [
  { path: 'cluster', title: 'Cluster', view: cluster },
  { path: 'traffic', title: 'Traffic', view: trafficView },
  { path: 'tags', title: 'Tags', view: tags, one: tag },
  { path: 'keys', title: 'Keys', view: keys, one: entry },
  { path: 'updates', title: 'Updates', view: updates },
];

const place = document.getElementById('view');
const nav = document.getElementById('nav');
const who = document.getElementById('who');

let user = null;
let leave = null;
let renewed = 0;

/** The view that the address names, and the name that it is of. */
function whereTo() {
  const [path, name] = location.hash.replace(/^#\/?/, '').split('/', 2);
  const found = views.find(view => view.path === path) ?? views[0];
  try {
    return { ...found, name: name && found.one ? decodeURIComponent(name) : null };
  } catch {
    return { ...found, name: null };
  }
}

async function show(focus) {
  leave?.abort();
  const own = leave = new AbortController();
  closeAll();
  const { path, view, one, name } = whereTo();
  for (const item of nav.querySelectorAll('a')) {
    if (item.dataset.path === path) {
      item.setAttribute('aria-current', 'page');
    } else {
      item.removeAttribute('aria-current');
    }
  }
  fill(place, h('p', { class: 'loading' }, 'Loading…'));
  try {
    const content = h('div');
    await (name === null ? view : one).show(content, { name, user, signal: own.signal });
    if (!own.signal.aborted) {
      fill(place, content);
    }
  } catch (error) {
    if (own.signal.aborted) {
      return;
    }
    fill(place, failure(error, () => show(true)));
  }
  if (focus && !own.signal.aborted) {
    (place.querySelector('h1') ?? place).focus({ preventScroll: true });
    scrollTo(0, 0);
  }
}

function showFrame() {
  nav.hidden = who.hidden = false;
  document.getElementById('cluster').textContent = user.clusterId;
  fill(nav, h('ul', null, views.map(view => h('li', null, h('a', { href: `#/${view.path}`, 'data-path': view.path }, view.title)))));
  const state = h('span', { class: 'live' });
  fill(who, state,
    user.key
      ? [h('span', { class: 'dim', title: `Scopes: ${user.scopes.join(', ')}` }, 'key ', h('bdi', null, user.key), ', namespace ', h('bdi', null, user.namespace)), h('button', { type: 'button', onclick: signOut }, 'Sign out')]
      : h('span', { class: 'dim' }, 'without a key, from this machine'));
  traffic.onState = (kind, text) => {
    state.textContent = text;
    state.dataset.state = kind;
  };
}

function hideFrame() {
  leave?.abort();
  closeAll();
  traffic.stop();
  user = null;
  nav.hidden = who.hidden = true;
  document.getElementById('cluster').textContent = '';
}

function signIn(reason) {
  hideFrame();
  showSignIn(place, reason, start);
}

async function signOut() {
  try {
    await remove('ui/session');
    signIn('You have signed out.');
  } catch (error) {
    fill(place, failure(error, signOut));
  }
}

async function start() {
  try {
    const now = await ask('ui/session');
    renewed = Date.now();
    if (!now.signedIn) {
      signIn(null);
      return;
    }
    user = { ...now, may: scope => now.scopes.includes(scope) };
    showFrame();
    traffic.start();
    await show(false);
  } catch (error) {
    hideFrame();
    fill(place, failure(error, start));
  }
}

/** The session lasts as long as somebody looks. */
async function renew() {
  if (user === null || document.hidden || Date.now() - renewed < renewEvery) {
    return;
  }
  renewed = Date.now();
  const now = await ask('ui/session').catch(() => null);
  if (now?.signedIn === false) {
    session.dispatchEvent(new Event('ended'));
  }
}

session.addEventListener('ended', () => {
  if (user !== null) {
    signIn('The session has ended, or its key is no longer valid. Sign in again.');
  }
});
addEventListener('hashchange', () => user !== null && show(true));
document.addEventListener('visibilitychange', renew);
setInterval(renew, 60_000);
start();
