// The calls of the HTTP API, relative to where the page is: it may be behind a prefix.

const root = new URL('../', import.meta.url);

/** An answer that is an error, in the words of the API. */
export class ApiError extends Error {
  constructor(status, code, detail) {
    super(detail);
    this.status = status;
    this.code = code;
  }
}

/** Listens to the end of the session. */
export const session = new EventTarget();

function addressOf(path, query) {
  const url = new URL(path, root);
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== null && value !== undefined && value !== '') {
      url.searchParams.set(name, value);
    }
  }
  return url;
}

/** Sends a call and hands the answer over, whatever it is; throws where it is an error. The header tells the silo that the page has sent it: other sites cannot. */
export async function send(method, path, { query, body, signal, accept } = {}) {
  let answer;
  try {
    answer = await fetch(addressOf(path, query), {
      method,
      headers: { 'Tag-Cache-Ui': '1', ...(accept ? { Accept: accept } : {}), ...(body === undefined ? {} : { 'Content-Type': 'application/json' }) },
      body: body === undefined ? undefined : JSON.stringify(body),
      credentials: 'same-origin',
      cache: 'no-store',
      redirect: 'error',
      signal,
    });
  } catch (error) {
    if (error.name === 'AbortError') {
      throw error;
    }
    throw new ApiError(0, 'unreachable', 'The silo does not answer. It may have stopped, or the network is down. Open the page at another silo, or try again.');
  }
  if (answer.ok) {
    return answer;
  }
  const problem = await answer.json().catch(() => ({}));
  if (answer.status === 401 && !path.startsWith('ui/')) {
    session.dispatchEvent(new Event('ended'));
  }
  throw new ApiError(answer.status, problem.code ?? 'error', problem.detail ?? `The silo answered ${answer.status} without a reason.`);
}

/** The JSON that a call answers. */
export async function ask(path, query, signal) {
  return (await send('GET', path, { query, signal })).json();
}

/** The JSON that a call with a body answers. */
export async function post(path, body, signal) {
  const answer = await send('POST', path, { body, signal });
  return answer.status === 204 ? null : answer.json();
}

export async function remove(path, query) {
  await send('DELETE', path, { query });
}
