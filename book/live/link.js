// Settings in the page's address, so that a link leads to a state: #rate.ladder.steps=12&rate.ladder.bits=4.
// Ids of a page hold no "=": a fragment without one is an anchor and is left alone.
const fragment = () => {
  const text = location.hash.slice(1);
  return new URLSearchParams(text.includes("=") ? text : "");
};

// {key: text} of the entries that begin with `prefix`, without it.
export function read(prefix) {
  return Object.fromEntries(
    [...fragment()].filter(([key]) => key.startsWith(prefix)).map(([key, text]) => [key.slice(prefix.length), text]),
  );
}

// The address of this page with `entries` as its only settings.
export function addressOf(prefix, entries) {
  const settings = new URLSearchParams();
  for (const [key, value] of Object.entries(entries)) settings.set(prefix + key, value);
  const address = new URL(location.href);
  address.hash = settings;
  return address.href;
}

// Put `entries` in the page's address in place of what began with `prefix`. Leaves no trace in the history.
export function write(prefix, entries) {
  const settings = fragment();
  if (!settings.size && !Object.keys(entries).length) return; // do not take an anchor away
  for (const key of [...settings.keys()]) if (key.startsWith(prefix)) settings.delete(key);
  for (const [key, value] of Object.entries(entries)) settings.set(prefix + key, value);
  history.replaceState(history.state, "", settings.size ? `#${settings}` : location.pathname + location.search);
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
