import { EditorView } from "@codemirror/view";

/** A page to read and to write on, in the colors of the demo. */
export const editorTheme = EditorView.theme({
  "&": { backgroundColor: "var(--surface)", color: "var(--mantine-color-text)", fontSize: "17px" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "inherit", lineHeight: "1.65", overflow: "hidden auto" },
  ".cm-content": {
    // What names the first line's cursors needs room above it.
    padding: "36px 24px 40vh",
    maxWidth: "46rem",
    margin: "0 auto",
    caretColor: "var(--accent-text)",
  },
  ".cm-line": { padding: "0" },
  ".cm-placeholder": { color: "var(--mantine-color-dimmed)" },
  ".cm-cursor": { borderLeftColor: "var(--accent-text)", borderLeftWidth: "2px" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    background: "color-mix(in srgb, var(--own) 26%, transparent) !important",
  },
  ".cm-ySelectionInfo": {
    top: "-1.5em",
    padding: "1px 6px",
    borderRadius: "6px 6px 6px 0",
    fontFamily: "inherit",
    fontSize: "11px",
    fontWeight: "650",
    lineHeight: "1.3",
    opacity: "1",
    pointerEvents: "none",
  },
  ".cm-ySelectionCaretDot": { display: "none" },
  "@media (max-width: 48em)": {
    "&": { fontSize: "16px" },
    ".cm-content": { padding: "32px 14px 40vh" },
  },
});
