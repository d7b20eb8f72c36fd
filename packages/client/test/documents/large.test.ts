import { describe, expect, test } from "vitest";
import { openDocument, type SharedDocument } from "../../src/channels/documents.ts";
import { connectTo, type DocumentServer, openFor, startDocuments, textOfDocument } from "../support/document-server.ts";
import { until } from "../support/until.ts";

const load = "realtime.documents.load";
const watch = "realtime.documents.watch";
const large = "All work and no play. ".repeat(110_000);

/** A document of Ann's that is too large for a watch to begin with. */
async function createLarge(server: DocumentServer): Promise<string> {
  const documentId = await server.create({ ben: "editor" });
  await using ann = openFor(server, "ann", documentId);
  await until(ann.document, ({ canEdit }) => canEdit);
  ann.text.insert(0, large);
  await expect.poll(() => ann.document.status, { timeout: 20_000 }).toBe("saved");
  return documentId;
}

/** What a client asks over HTTP, and a network that holds the rest of an answer back until it is let through. */
function recorded(held = false) {
  const asked: string[] = [];
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  if (!held) open();
  const ask = async (url: string, init: RequestInit) => {
    asked.push(new URL(url).pathname.replace("/trpc/", ""));
    const response = await fetch(url, init);
    const heldBack = new TransformStream({
      async transform(part, parts) {
        parts.enqueue(part.subarray(0, 1));
        await opened;
        parts.enqueue(part.subarray(1));
      },
    });
    return new Response(response.body?.pipeThrough(heldBack), response);
  };
  return { asked, fetch: ask, letThrough: () => open() };
}

describe("A document that is too large for a watch to begin with", () => {
  test("is loaded over HTTP while the connection is a WebSocket, and watched from that position", async () => {
    await using server = await startDocuments();
    const documentId = await createLarge(server);
    const { asked, fetch } = recorded();
    await using ben = connectTo(server, "ben", { fetch });
    const document = openDocument(ben, { documentId });
    await until(document, ({ canEdit }) => canEdit);
    expect(document.text.toString() === large).toBe(true);
    expect(ben.connection.current).toMatchObject({ status: "open", transport: "websocket" });
    expect(asked).toEqual([load]);
    expect(ben.network.inputs(load)).toEqual([]);
    expect(ben.network.inputs(watch).map(({ lastEventId }) => typeof lastEventId)).toEqual(["undefined", "string"]);
    expect(ben.network.frames.current).toContain("resumed");
    expect(ben.network.frames.current).not.toContain("snapshot");

    await using ann = openFor(server, "ann", documentId);
    await until(ann.document, ({ canEdit }) => canEdit);
    ann.text.insert(0, "Jack: ");
    await until(textOfDocument(document), (text) => text === `Jack: ${large}`);
    const { offset = 0 } = document.topic.current;
    expect((await document.history.textAt(offset)) === `Jack: ${large}`).toBe(true);
    expect((await document.history.difference(offset - 1, offset))[0]).toMatchObject({ text: "Jack: " });
    expect(asked).toEqual([load, "realtime.documents.textAt", "realtime.documents.difference"]);
    document.destroy();
  });

  test("holds up no other document of its client while it loads", async () => {
    await using server = await startDocuments();
    const documentId = await createLarge(server);
    const small = await server.create({ ben: "editor" });
    const { asked, fetch, letThrough } = recorded(true);
    await using ben = connectTo(server, "ben", { fetch });
    const document = openDocument(ben, { documentId });
    const other = openDocument(ben, { documentId: small });
    await expect.poll(() => asked).toEqual([load]);
    await using ann = openFor(server, "ann", small);
    await until(ann.document, ({ canEdit }) => canEdit);
    ann.text.insert(0, "meanwhile");
    await until(textOfDocument(other), (text) => text === "meanwhile");
    expect(document.current).toMatchObject({ status: "loading", synced: false });
    letThrough();
    await until(document, ({ canEdit }) => canEdit);
    for (const each of [document, other]) each.destroy();
  });

  test("is loaded no further once it is closed", async () => {
    await using server = await startDocuments();
    const documentId = await createLarge(server);
    const held = recorded(true);
    let given: AbortSignal | null | undefined;
    const fetch = (url: string, init: RequestInit) => {
      given = init.signal;
      return held.fetch(url, init);
    };
    await using ben = connectTo(server, "ben", { fetch });
    const document = openDocument(ben, { documentId });
    await expect.poll(() => given?.aborted).toBe(false);
    document.destroy();
    expect(given?.aborted).toBe(true);
  });

  test("is not shown to who signs in while it loads", async () => {
    await using server = await startDocuments();
    const documentId = await createLarge(server);
    const { asked, fetch, letThrough } = recorded(true);
    let user = "ben";
    await using tab = connectTo(server, "", { token: () => user, user: () => ({ id: user, name: user }), fetch });
    const document = openDocument(tab, { documentId });
    await expect.poll(() => asked).toEqual([load]);
    const seen = lengthsOf(document);
    user = "eve";
    tab.checkUser();
    letThrough();
    const { failure } = await until(document, ({ status }) => status === "failed");
    expect(failure).toMatchObject({ reason: "FORBIDDEN" });
    expect(document.topic.current.state).toBeUndefined();
    expect(seen).toEqual([]);
    document.destroy();
  });
});

/** How long its text was after each change. */
function lengthsOf({ doc, text }: SharedDocument): readonly number[] {
  const lengths: number[] = [];
  doc.on("update", () => lengths.push(text.length));
  return lengths;
}
