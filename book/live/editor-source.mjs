// The editor of a code box: CodeMirror, bundled into editor.js by bundle.mjs. Colours are the theme's (live.css).
import { defaultKeymap, history, historyKeymap, indentLess, indentMore } from "@codemirror/commands";
import { python } from "@codemirror/lang-python";
import { bracketMatching, indentOnInput, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { EditorState } from "@codemirror/state";
import { EditorView, highlightSpecialChars, keymap, lineNumbers } from "@codemirror/view";
import { classHighlighter } from "@lezer/highlight";

const COLORS = EditorView.theme({
  "&": { color: "var(--pst-color-text-base)", backgroundColor: "var(--pst-color-surface)" },
  ".cm-content": { caretColor: "var(--pst-color-text-base)" },
  ".cm-gutters": {
    color: "var(--pst-color-text-muted)",
    backgroundColor: "var(--pst-color-surface)",
    borderRight: "1px solid var(--pst-color-border)",
  },
  "&.cm-focused .cm-matchingBracket": { backgroundColor: "var(--pst-color-border)" },
});

// The key Tab goes on to the next control, as everywhere on a page, until the reader types or clicks: from then on it
// indents. Escape gives it back.
function tabKey() {
  let clicked = false;
  return [
    EditorView.domEventHandlers({
      mousedown: (_, view) => {
        clicked = true;
        view.setTabFocusMode(false);
      },
      focus: (_, view) => {
        view.setTabFocusMode(!clicked);
        clicked = false;
      },
    }),
    EditorView.updateListener.of(({ transactions, view }) => {
      if (transactions.some((t) => t.isUserEvent("input"))) view.setTabFocusMode(false);
    }),
    keymap.of([
      { key: "Tab", run: indentMore, shift: indentLess },
      { key: "Escape", run: (view) => (view.setTabFocusMode(true), true) },
    ]),
  ];
}

// `label` and `describedBy` (an id) are for screen readers; `onChange(text)` hears of the reader's own changes.
export function makeEditor({ parent, text, label, describedBy, onChange, onRun }) {
  const run = () => (onRun(), true);
  const extensions = [
    keymap.of(["Ctrl-Enter", "Cmd-Enter"].map((key) => ({ key, run }))),
    tabKey(),
    keymap.of([...defaultKeymap, ...historyKeymap]),
    history(),
    lineNumbers(),
    highlightSpecialChars(),
    indentOnInput(),
    bracketMatching(),
    indentUnit.of("    "),
    EditorState.tabSize.of(4),
    python(),
    syntaxHighlighting(classHighlighter),
    COLORS,
    // It can have the focus without tabindex, but not all who check a page know.
    EditorView.contentAttributes.of({ tabindex: "0", "aria-label": label, "aria-describedby": describedBy }),
    EditorView.updateListener.of(({ docChanged, state }) => docChanged && onChange(state.doc.toString())),
  ];
  const stateOf = (doc) => EditorState.create({ doc, extensions });
  const view = new EditorView({ parent, state: stateOf(text) });
  return {
    get text() {
      return view.state.doc.toString();
    },
    set text(insert) {
      view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert } }); // can be undone
    },
    open: (text) => view.setState(stateOf(text)), // another text, with a history of its own
  };
}
