// What a reader made of a code box is kept in this browser, by page and box. Where storage is full or forbidden it
// lasts as long as the page.
export function keeper(name) {
  const key = `snnref:code:${location.pathname}:${name}`;
  const attempt = (action) => {
    try {
      return action();
    } catch {
      return null;
    }
  };
  return {
    read: () => attempt(() => localStorage.getItem(key)),
    write: (text) => attempt(() => localStorage.setItem(key, text)),
    forget: () => attempt(() => localStorage.removeItem(key)),
  };
}
