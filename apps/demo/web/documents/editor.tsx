import { defaultKeymap } from "@codemirror/commands";
import { Compartment, EditorState, type Extension } from "@codemirror/state";
import { drawSelection, EditorView, highlightSpecialChars, keymap, placeholder } from "@codemirror/view";
import type { DocumentHandles } from "@shoal/react/documents";
import { useEffect, useRef } from "react";
import { yCollab, yUndoManagerKeymap } from "y-codemirror.next";
import classes from "./document-page.module.css";
import { editorTheme } from "./editor-theme.ts";

type EditorProps = Pick<DocumentHandles, "text" | "awareness" | "undoManager"> & { readonly canEdit: boolean };

/** The text of a document in CodeMirror, with the cursors and the names of those who are in it. */
export default function Editor({ text, awareness, undoManager, canEdit }: EditorProps) {
  const place = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(null);
  const writing = useRef(new Compartment());

  useEffect(() => {
    if (!place.current) return;
    const editor = new EditorView({
      parent: place.current,
      state: EditorState.create({
        doc: text.toString(),
        extensions: [
          // Before CodeMirror's own: undo is per person.
          keymap.of([...yUndoManagerKeymap, ...defaultKeymap]),
          highlightSpecialChars(),
          drawSelection(),
          EditorView.lineWrapping,
          // Each character of the text is one here, too: a return before a line feed would move all places behind it.
          EditorState.lineSeparator.of("\n"),
          EditorView.clipboardInputFilter.of((pasted) => pasted.replaceAll(/\r\n?/g, "\n")),
          yCollab(text, awareness, { undoManager }),
          writing.current.of([]),
          editorTheme,
        ],
      }),
    });
    view.current = editor;
    return () => {
      editor.destroy();
      view.current = null;
      awareness.setLocalStateField("cursor", null);
    };
  }, [text, awareness, undoManager]);

  useEffect(() => {
    view.current?.dispatch({ effects: writing.current.reconfigure(writable(canEdit)) });
  }, [canEdit, text, awareness, undoManager]);

  return <div ref={place} className={classes.editor} />;
}

function writable(canEdit: boolean): Extension {
  return [
    EditorState.readOnly.of(!canEdit),
    EditorView.contentAttributes.of({
      "aria-label": "Text of the document",
      "aria-readonly": String(!canEdit),
    }),
    canEdit ? placeholder("Write something. Whoever it is shared with sees it as you type.") : [],
  ];
}
