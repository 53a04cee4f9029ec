// Files that Python sees from the start, but that are fetched when they are first opened: the large networks.
const UNREACHABLE = 40; // Emscripten's number for Python's OSError "Network is unreachable"

export function addLazyFiles(FS, folder, { sizes, from }) {
  for (const [path, size] of Object.entries(sizes)) {
    const full = `${folder}/${path}`;
    FS.mkdirTree(full.slice(0, full.lastIndexOf("/")));
    FS.writeFile(full, new Uint8Array(0));
    const { node } = FS.lookupPath(full);
    const plain = node.stream_ops;
    node.usedBytes = size;
    node.stream_ops = {
      ...plain,
      open() {
        const content = fetchNow(from + path);
        if (content?.length !== size) throw new FS.ErrnoError(UNREACHABLE);
        node.contents = content;
        node.stream_ops = plain;
      },
    };
  }
}

// The bytes of a file, while Python waits; undefined if it does not come.
function fetchNow(url) {
  const request = new XMLHttpRequest();
  request.open("GET", url, false);
  request.setRequestHeader("Cache-Control", "no-cache"); // a newer one, if there is
  request.overrideMimeType("text/plain; charset=x-user-defined"); // a byte a letter: a page, too, can ask for this
  try {
    request.send();
  } catch {
    return undefined;
  }
  return request.status === 200 ? Uint8Array.from(request.responseText, (letter) => letter.charCodeAt(0)) : undefined;
}
