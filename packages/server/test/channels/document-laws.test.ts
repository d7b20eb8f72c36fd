import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import type { Frame } from "@shoal/contract";
import type { Documents } from "@shoal/contract/documents";
import { createMemoryHub, createMemoryStore } from "@shoal/server";
import { serveDocuments } from "@shoal/server/documents";
import { checkCompaction } from "@shoal/server/testing";
import fc from "fast-check";
import { expect, test } from "vitest";
import * as Y from "yjs";
import { chance, Random } from "../durability/random.ts";
import { shared } from "../support/nodes.ts";
import { tries } from "../support/seed.ts";
import { base64, createDocuments, createShared, type DocumentsApp, Page } from "./documents-app.ts";

/** Edits that need nothing of each other, so that they can come in any order, and twice. */
const updates = Array.from({ length: 20 }, (_, index) => {
  const doc = new Y.Doc();
  doc.clientID = index + 1;
  doc.getText("text").insert(0, `edit ${index}`);
  if (index % 3 === 0) doc.getText("text").delete(0, 2);
  return base64(Y.encodeStateAsUpdate(doc));
});

const person = { id: "ann", name: "Ann" };

const events = fc.oneof(
  { weight: 6, arbitrary: edit() },
  { weight: 1, arbitrary: fc.constant({ type: "created", data: { title: "Minutes", owner: person, at: 1 } } as const) },
  { weight: 1, arbitrary: fc.constant({ type: "renamed", data: { title: "Other" } } as const) },
  { weight: 1, arbitrary: fc.constant({ type: "removed", data: {} } as const) },
);

function edit() {
  const update = fc.constantFrom(...updates);
  return fc.oneof(
    update.map((one) => ({ type: "edited", data: { update: one, at: 2 } }) as const),
    update.map((one) => ({ type: "restored", data: { update: one, offset: 1, at: 3 } }) as const),
  );
}

function bytesOf({ base, tail }: Documents["state"]): string {
  const doc = new Y.Doc();
  for (const update of [base, ...tail.flat()]) if (update !== "") Y.applyUpdate(doc, Buffer.from(update, "base64"));
  return base64(Y.encodeStateAsUpdate(doc));
}

test("a compacted document is the same document, in its content, its bytes and all that is said of it", async () => {
  await checkCompaction(serveDocuments(), {
    params: { documentId: "minutes" },
    events,
    equal: (one, other) => {
      const said = ({ base: _base, tail: _tail, bytes: _bytes, ...rest }: Documents["state"]) => JSON.stringify(rest);
      return said(one) === said(other) && bytesOf(one) === bytesOf(other);
    },
    run: tries(30),
  });
});

test("a document that is too large for a watch is loaded by the query, and watched from there", async () => {
  await using app = createDocuments();
  const documentId = await createShared(app, "ann");
  const ann = new Page(app, "ann", documentId);
  for (let part = 0; part < 3; part += 1) {
    await ann.write((text) => text.insert(text.length, randomBytes(500_000).toString("hex")));
  }
  const first = app.topic(documentId, "ann").subscribe()[Symbol.asyncIterator]().next();
  await expect(first).rejects.toMatchObject({ code: "PAYLOAD_TOO_LARGE" });
  const { state, position } = await app.as("ann").load({ documentId });
  expect(state).toMatchObject({ edits: 3 });
  const frames = app.topic(documentId, "ann").subscribe({ position })[Symbol.asyncIterator]();
  expect((await frames.next()).value?.frame).toMatchObject({ kind: "resumed", replayed: 0 });
  await ann.write((text) => text.insert(0, "more"));
  const next = await nextButPresence(frames);
  assert(next?.kind === "events");
  expect(next.events).toMatchObject([{ type: "edited" }]);
});

test("a new snapshot has one update in place of many, and who watches hears nothing of it", async () => {
  await using app = createDocuments();
  const documentId = await createShared(app, "ann");
  const frames = app.topic(documentId, "ann").subscribe()[Symbol.asyncIterator]();
  await frames.next();
  const heard = (async () => {
    const kinds = new Set<string>();
    for (let edits = 0; edits < 520; ) {
      const frame = await nextButPresence(frames);
      kinds.add(frame?.kind ?? "nothing");
      edits += frame?.kind === "events" ? frame.events.length : 520;
    }
    return [...kinds];
  })();
  const ann = new Page(app, "ann", documentId);
  for (let index = 0; index < 520; index += 1) await ann.write((text) => text.insert(index, "x"));
  await expect.poll(async () => (await app.topic(documentId, "ann").state()).tail.flat().length).toBeLessThan(500);
  expect(await heard).toEqual(["events"]);
  expect(await app.topic(documentId, "ann").state()).toMatchObject({ edits: 520 });
  expect(await app.realtime.documents.text(documentId)).toBe("x".repeat(520));
});

test(`two nodes that write and compact at once have one document, and whoever loads it anew has the same (SHOAL_SEED=${chance})`, async () => {
  const store = createMemoryStore();
  const hub = createMemoryHub();
  const start = () => createDocuments({ store: shared(store), broker: hub(), maxBytes: 16_000 });
  await using a = start();
  await using b = start();
  const documentId = await createShared(a, "ann", { ben: "editor" });
  const random = new Random(chance);
  const bases = new Set<string>();
  const work = async (app: DocumentsApp, who: string) => {
    const page = new Page(app, who, documentId);
    for (let edit = 0; edit < 150; edit += 1) {
      if (edit % 7 === 0) await page.load();
      await page.write((text) => {
        if (text.length > 40 && random.oneIn(3)) text.delete(random.between(0, text.length - 40), 40);
        else text.insert(random.between(0, text.length), `${who} ${edit} `.repeat(4));
      });
      bases.add((await app.topic(documentId, who).state()).base);
    }
  };
  await Promise.all([work(a, "ann"), work(b, "ben")]);
  expect(bases.size).toBeGreaterThan(3);
  await expect.poll(async () => (await a.topic(documentId, "ann").state()).edits).toBe(300);
  await expect.poll(async () => (await b.topic(documentId, "ben").state()).edits).toBe(300);
  await using c = start();
  const [first, ...others] = await Promise.all(
    [a, b, c].map(async (app) => bytesOf(await app.topic(documentId, "ann").state())),
  );
  expect(others).toEqual([first, first]);
});

type Frames = AsyncIterator<{ readonly frame: Frame<Documents> }>;

/** The next frame, but for who is here. */
async function nextButPresence(frames: Frames): Promise<Frame<Documents> | undefined> {
  for (;;) {
    const { value, done } = await frames.next();
    if (done || value.frame.kind !== "presence") return done ? undefined : value.frame;
  }
}
