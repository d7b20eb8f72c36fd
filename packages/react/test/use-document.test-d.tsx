import type { DocumentFailure, DocumentPerson, DocumentState, SharedDocument } from "@shoal/client/documents";
import { openDocument } from "@shoal/client/documents";
import { type UseDocument, useDocument } from "@shoal/react/documents";
import { expectTypeOf } from "vitest";
import type { Awareness } from "y-protocols/awareness";
import type * as Y from "yjs";

export function Editor() {
  const { doc, text, awareness, people, status, waiting, failure, canEdit, send, history } = useDocument({
    documentId: "minutes",
  });
  expectTypeOf(doc).toEqualTypeOf<Y.Doc>();
  expectTypeOf(text).toEqualTypeOf<Y.Text>();
  expectTypeOf(awareness).toEqualTypeOf<Awareness>();
  expectTypeOf(people).toEqualTypeOf<readonly DocumentPerson[]>();
  expectTypeOf(status).toEqualTypeOf<"loading" | "saved" | "saving" | "offline" | "read-only" | "failed">();
  expectTypeOf(waiting).toEqualTypeOf<number>();
  expectTypeOf(failure).toEqualTypeOf<DocumentFailure | undefined>();
  expectTypeOf(canEdit).toEqualTypeOf<boolean>();
  void send.share({ userId: "ben", role: "viewer" });
  // @ts-expect-error: there is no such role
  void send.share({ userId: "ben", role: "admin" });
  // @ts-expect-error: a document is named by its id
  useDocument({ roomId: "lobby" });
  // @ts-expect-error: a version is named by its offset
  void history.restore("first");
  // @ts-expect-error: what the others see is not one's own to set
  people.push({});
  return null;
}

export function Title() {
  const selected = useDocument({ documentId: "minutes" }, { select: ({ title }) => ({ title }) });
  expectTypeOf(selected).toEqualTypeOf<UseDocument<{ title: string }>>();
  expectTypeOf(selected.title).toEqualTypeOf<string>();
  // @ts-expect-error: it was not selected
  return selected.status;
}

export function open(client: Parameters<typeof openDocument>[0]): void {
  const document = openDocument(client, { documentId: "minutes" });
  expectTypeOf(document).toEqualTypeOf<SharedDocument>();
  expectTypeOf(document.current).toEqualTypeOf<DocumentState>();
  document.on("synced", (synced) => expectTypeOf(synced).toEqualTypeOf<boolean>());
  document.on("status", (told) => {
    if (told.status === "failed") expectTypeOf(told.failure).toEqualTypeOf<DocumentFailure>();
    // @ts-expect-error: only what has failed says why
    else void told.failure;
  });
  // @ts-expect-error: there is no such event
  document.on("saved", () => {});
}

export async function restore({ history }: SharedDocument): Promise<string> {
  const outcome = await history.restore(3);
  if (outcome.ok) return `edit ${outcome.result.edits}`;
  switch (outcome.reason) {
    case "GONE":
    case "NOT_FOUND":
      return outcome.reason;
    case "FULL":
      return `${outcome.bytes} of ${outcome.most}`;
  }
}
