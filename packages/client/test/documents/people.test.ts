import { describe, expect, test } from "vitest";
import type { Awareness } from "y-protocols/awareness";
import * as Y from "yjs";
import { personColors } from "../../src/channels/documents.ts";
import type { Readable } from "../../src/store.ts";
import { openFor, startDocuments, textOfDocument } from "../support/document-server.ts";
import { goOffline } from "../support/go-offline.ts";
import { until } from "../support/until.ts";

type States = readonly Record<string, unknown>[];

/** The states of the others, as the binding of an editor reads them. */
function others(awareness: Awareness): Readable<States> {
  return {
    get current() {
      return [...awareness.getStates()].filter(([id]) => id !== awareness.doc.clientID).map(([, state]) => state);
    },
    subscribe(listener) {
      awareness.on("change", listener);
      return () => awareness.off("change", listener);
    },
  };
}

function cursorAt(text: Y.Text, index: number) {
  const place = Y.relativePositionToJSON(Y.createRelativePositionFromTypeIndex(text, index));
  return { anchor: place, head: place };
}

describe("the awareness of a document", () => {
  test("shows where the others are, with the name that the server knows them by and a colour of their own", async () => {
    await using server = await startDocuments();
    const documentId = await server.create({ ben: "viewer" });
    await using ann = openFor(server, "ann", documentId);
    await using ben = openFor(server, "ben", documentId);
    await until(ann.document, ({ canEdit }) => canEdit);
    ann.text.insert(0, "Hello");
    await until(textOfDocument(ben.document), (text) => text === "Hello");
    ann.document.awareness.setLocalStateField("cursor", cursorAt(ann.text, 3));
    const seen = others(ben.document.awareness);
    const [state] = await until(seen, ([first]) => first?.cursor !== undefined);
    expect(state).toEqual({
      cursor: cursorAt(ann.text, 3),
      user: { id: "ann", name: "ANN", ...personColors("ann") },
    });
    ann.text.insert(0, "Oh. ");
    await until(textOfDocument(ben.document), (text) => text === "Oh. Hello");
    const { anchor } = (seen.current[0] as { cursor: { anchor: unknown } }).cursor;
    const place = Y.createAbsolutePositionFromRelativePosition(
      Y.createRelativePositionFromJSON(anchor),
      ben.document.doc,
    );
    expect(place?.index).toBe(7);
  });

  test("lets nobody speak for another: names and ids are not what a client says", async () => {
    await using server = await startDocuments();
    const documentId = await server.create({ eve: "viewer", ben: "viewer" });
    await using ben = openFor(server, "ben", documentId);
    await using eve = openFor(server, "eve", documentId);
    await until(ben.document, ({ people }) => people.length === 2);
    const lie = { user: { id: "ann", name: "ANN", color: "#000000" }, clientID: ben.document.doc.clientID, cursor: 1 };
    eve.document.topic.presence.set({ awareness: lie });
    const [state] = await until(others(ben.document.awareness), ([first]) => first?.cursor === 1);
    expect(state?.user).toMatchObject({ id: "eve", name: "EVE", ...personColors("eve") });
    expect(ben.document.awareness.getLocalState()).toMatchObject({ user: { id: "ben" } });
  });

  test("forgets who is gone, and everybody while there is no connection", async () => {
    await using server = await startDocuments();
    const documentId = await server.create({ ben: "viewer", cat: "viewer" });
    await using ann = openFor(server, "ann", documentId);
    await using ben = openFor(server, "ben", documentId);
    const seen = others(ann.document.awareness);
    {
      await using cat = openFor(server, "cat", documentId);
      await until(cat.document, ({ synced }) => synced);
      await until(seen, (states) => states.length === 2);
    }
    await until(seen, (states) => states.length === 1);
    await goOffline(ann.client, server);
    expect(seen.current).toEqual([]);
    expect(ann.document.people).toEqual([]);
    ann.network.online = true;
    await until(seen, (states) => states.length === 1);
    expect(ben.document.synced).toBe(true);
  });

  test("sends the places of a cursor that moves no oftener than presence does, and the last one always", async () => {
    await using server = await startDocuments();
    const documentId = await server.create({ ben: "viewer" });
    await using ann = openFor(server, "ann", documentId);
    await using ben = openFor(server, "ben", documentId);
    await until(ben.document, ({ people }) => people.length === 2);
    await until(ann.document, ({ synced }) => synced);
    for (let at = 0; at <= 100; at += 1) ann.document.awareness.setLocalStateField("cursor", at);
    await until(others(ben.document.awareness), ([first]) => first?.cursor === 100);
    expect(ann.network.inputs("realtime.documents.presence").length).toBeLessThan(5);
  });
});

test("the people of a document are those who are here, the user first, each once and with their role", async () => {
  await using server = await startDocuments();
  const documentId = await server.create({ ben: "viewer" });
  await using ben = openFor(server, "ben", documentId);
  await using ann = openFor(server, "ann", documentId);
  await using tab = openFor(server, "ann", documentId);
  await until(tab.document, ({ synced }) => synced);
  const { people } = await until(ann.document, (state) => state.people.length === 2);
  expect(people).toEqual([
    { id: "ann", name: "ANN", self: true, role: "owner", ...personColors("ann") },
    { id: "ben", name: "BEN", self: false, role: "viewer", ...personColors("ben") },
  ]);
  ben.document.awareness.setLocalStateField("cursor", 3);
  await until(others(ann.document.awareness), (states) => states.some(({ cursor }) => cursor === 3));
  expect(ann.document.people).toBe(people);
  expect(others(ann.document.awareness).current).toHaveLength(2);
});
