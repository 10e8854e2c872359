import { post } from './api.js';
import { fill, h } from './dom.js';
import { heading } from './table.js';

/** Asks for a key. It goes into the body of one call, and nowhere else: the page keeps none. */
export function showSignIn(place, reason, then) {
  const key = h('input', { id: 'key', name: 'key', type: 'password', autocomplete: 'current-password', spellcheck: 'false', required: true, 'aria-describedby': 'key-hint' });
  const fault = h('div', { role: 'alert' });
  const button = h('button', { type: 'submit', class: 'main' }, 'Sign in');
  const form = h('form', { class: 'card signin', method: 'post', action: 'ui/session', onsubmit: signIn },
    h('label', { for: 'key' }, 'API key'),
    key,
    h('p', { id: 'key-hint', class: 'dim' }, 'A key with the scope ', h('code', null, 'admin'), '. Its other scopes decide what you can see and do: ', h('code', null, 'read'), ', ', h('code', null, 'write'), ', ', h('code', null, 'invalidate'), '.'),
    fault,
    h('p', null, button));
  fill(place, heading('Sign in'), reason ? h('p', { class: 'notice', role: 'status' }, reason) : null, form,
    h('p', { class: 'dim' }, 'Keys are made with ', h('code', null, 'keys create --scopes read,write,invalidate,admin'), ' of the silo program.'));
  key.focus();

  async function signIn(event) {
    event.preventDefault();
    button.disabled = true;
    fill(fault);
    try {
      await post('ui/session', { key: key.value });
      key.value = '';
      await then();
    } catch (error) {
      fill(fault, h('p', { class: 'notice bad' }, error.message));
      key.select();
    } finally {
      button.disabled = false;
    }
  }
}
