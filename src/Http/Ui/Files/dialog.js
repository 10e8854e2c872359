// A question before something is changed, and what came of it.

import { fill, h, say } from './dom.js';

/**
 * Asks, does it, and says what the API says. The dialog stays while the call runs, and with its error; what has been done is said in the view.
 * @param {{title: string, text: Node[], fields?: HTMLElement, verb: string, doing: string, run: () => Promise<string>}} question
 * @returns what was done, or null if it was not.
 */
export function confirm({ title, text, fields, verb, doing, run }) {
  return new Promise(resolve => {
    let done = null;
    const fault = h('div', { role: 'alert' });
    const yes = h('button', { type: 'submit', class: 'danger' }, verb);
    const no = h('button', { type: 'button', autofocus: true, onclick: () => dialog.close() }, 'Cancel');
    const form = h('form', { method: 'dialog', onsubmit: act }, h('h2', { id: 'question' }, title), text, fields, fault, h('p', { class: 'actions' }, no, yes));
    const dialog = h('dialog', { 'aria-labelledby': 'question', onclose: () => {
      dialog.remove();
      resolve(done);
    } }, form);
    document.body.append(dialog);
    dialog.showModal();

    async function act(event) {
      event.preventDefault();
      yes.disabled = true;
      fill(fault, h('p', { class: 'loading' }, doing));
      try {
        done = await run();
        say(done);
        dialog.close();
      } catch (error) {
        yes.disabled = false;
        fill(fault, h('p', { class: 'notice bad' }, error.message));
        yes.textContent = 'Try again';
        yes.focus();
      }
    }
  });
}

/** Closes what is open: the session has ended. */
export function closeAll() {
  document.querySelectorAll('dialog').forEach(dialog => dialog.close());
}
