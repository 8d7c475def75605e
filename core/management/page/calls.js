// What is asked of the tracker. The token lives in this tab's session storage and in a header;
// it is never part of an address.

const token_key = 'chihaya-token';
const answer_time = 8000;  // milliseconds until a call counts as unanswered

/** The tracker wants a token, or another one. */
class NeedsToken extends Error {}

/** The tracker does not answer a page of this address, whatever the token; its own words say why. */
class Forbidden extends Error {}

function stored_token() {
  return sessionStorage.getItem(token_key) ?? '';
}

function store_token(token) {
  if (token) {
    sessionStorage.setItem(token_key, token);
  } else {
    sessionStorage.removeItem(token_key);
  }
}

/** The JSON at a path. Paths are relative: a proxy may have the page in a folder. */
async function ask(path) {
  const token = stored_token();
  const answer = await fetch(path, {
    headers: token ? { Authorization: `Bearer ${token}` } : {},
    cache: 'no-store',
    redirect: 'error',
    signal: AbortSignal.timeout(answer_time),
  });
  if (answer.status === 403) {
    throw new Forbidden((await answer.text()).slice(0, 200).trim());
  }
  if (answer.status === 401) {
    throw new NeedsToken(token ? 'wrong' : 'none');
  }
  if (!answer.ok) {
    throw new Error(`${path}: status ${answer.status}`);
  }
  return answer.json();
}
