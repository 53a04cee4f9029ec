// Settings in the page's address, so that a link leads to a state: #rate.ladder.steps=12&rate.ladder.bits=4.
// Ids of a page hold no "=": a fragment without one is an anchor and is left alone.
export function settings() {
  const text = location.hash.slice(1);
  return new URLSearchParams(text.includes("=") ? text : "");
}

// Make these the page's settings. Leaves no trace in the history.
export function put(settings) {
  try {
    history.replaceState(history.state, "", settings.size ? `#${settings}` : location.pathname + location.search);
  } catch {
    // Some browsers refuse when there were many changes; the next one tells the settings again.
  }
}

// {key: text} of the entries that begin with `prefix`, without it.
export function read(prefix) {
  return Object.fromEntries(
    [...settings()].filter(([key]) => key.startsWith(prefix)).map(([key, text]) => [key.slice(prefix.length), text]),
  );
}

// The address of this page with `entries` as its only settings.
export function addressOf(prefix, entries) {
  const address = new URL(location.href);
  address.hash = new URLSearchParams(Object.entries(entries).map(([key, value]) => [prefix + key, value]));
  return address.href;
}

// Put `entries` in the page's address in place of what began with `prefix`.
export function write(prefix, entries) {
  const all = settings();
  if (!all.size && !Object.keys(entries).length) return; // do not take an anchor away
  for (const key of [...all.keys()]) if (key.startsWith(prefix)) all.delete(key);
  for (const [key, value] of Object.entries(entries)) all.set(prefix + key, value);
  put(all);
}

// Give somebody an address: the clipboard takes it where it may, else the address bar shows it. Returns what to say.
export async function hand(address) {
  try {
    await navigator.clipboard.writeText(address);
    return "Link copied.";
  } catch {
    history.replaceState(history.state, "", address);
    return "The page's address is now the link: copy it from there.";
  }
}
