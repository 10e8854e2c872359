// Server-sent events over fetch: EventSource sends no header, and the session counts only with one.

import { send } from './api.js';

const firstPause = 1_000;
const longestPause = 15_000;

/** The longest event that is waited for the end of. */
const longestEvent = 4 * 1024 * 1024;

/**
 * Follows a stream while the tab is looked at: it is closed when the tab is hidden, and opened again when it is shown. A stream that breaks is opened again after a pause that doubles.
 * @returns a function that ends it.
 */
export function follow(path, event, onData, onState) {
  let stop = null;
  let timer = null;
  let pause = firstPause;
  let isOver = false;

  async function run() {
    const own = stop = new AbortController();
    onState('connecting');
    try {
      const answer = await send('GET', path, { signal: own.signal, accept: 'text/event-stream' });
      await read(answer.body, (name, data) => {
        if (name === event && !own.signal.aborted) {
          pause = firstPause;
          onState('live');
          onData(JSON.parse(data));
        }
      });
      later(own, null);
    } catch (error) {
      later(own, error);
    }
  }

  function later(own, error) {
    if (own.signal.aborted) {
      return;
    }
    own.abort();
    onState(error && [401, 403, 404].includes(error.status) ? 'none' : 'broken', error);
    if (!error || ![401, 403, 404].includes(error.status)) {
      timer = setTimeout(run, pause * (0.75 + Math.random() / 2));
      pause = Math.min(pause * 2, longestPause);
    }
  }

  function close() {
    clearTimeout(timer);
    stop?.abort();
    stop = null;
  }

  function look() {
    if (document.hidden) {
      close();
      onState('paused');
    } else if (!isOver && stop === null) {
      run();
    }
  }

  document.addEventListener('visibilitychange', look);
  look();
  return () => {
    isOver = true;
    document.removeEventListener('visibilitychange', look);
    close();
  };
}

/** Reads events to the end of the body. */
async function read(body, onEvent) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) {
      return;
    }
    text += value.replaceAll('\r', '');
    let end;
    while ((end = text.indexOf('\n\n')) >= 0) {
      const lines = text.slice(0, end).split('\n');
      text = text.slice(end + 2);
      const data = lines.filter(line => line.startsWith('data:')).map(line => line.slice(5).trimStart()).join('\n');
      if (data !== '') {
        onEvent(lines.find(line => line.startsWith('event:'))?.slice(6).trim() ?? 'message', data);
      }
    }
    if (text.length > longestEvent) {
      throw new Error('An event has no end.');
    }
  }
}
