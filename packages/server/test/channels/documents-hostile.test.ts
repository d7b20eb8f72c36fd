import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import * as Y from "yjs";
import { DocumentPool } from "../../src/channels/document-pool.ts";
import { documentThreads } from "../../src/channels/document-threads.ts";
import { eventually } from "../support/recorder.ts";
import { type Crafted, writeCrafted } from "./document-crafted.ts";
import { base64, createDocuments, createShared, type DocumentsApp, Page } from "./documents-app.ts";

type Block = Crafted["blocks"][number];
type Struct = Block["structs"][number];

const text = (content: string, more: Partial<Struct> = {}): Struct => ({
  content: { kind: "text", text: content },
  origin: null,
  rightOrigin: null,
  parent: "text",
  key: null,
  ...more,
});

/** An update as it is crafted. Its clients begin at clock 0, or at another one. */
function craft(
  blocks: readonly { readonly client: number; readonly from?: number; readonly structs: readonly Struct[] }[],
  deletes: Crafted["deletes"] = [],
  ordered = true,
): string {
  const update = {
    ordered,
    blocks: blocks.map(({ client, structs }) => ({ client, off: 0 as const, structs: [...structs] })),
    deletes,
  };
  return base64(writeCrafted(update, (client) => blocks.find((block) => block.client === client)?.from ?? 0));
}

/** Ann's document, in which she wrote with the Yjs client 5. */
async function annsDocument(app: DocumentsApp) {
  const documentId = await createShared(app, "ann", { ben: "editor" });
  const ann = new Page(app, "ann", documentId);
  ann.doc.clientID = 5;
  await ann.write((written) => written.insert(0, "hers"));
  return { documentId, ann };
}

const deep = (depth: number) =>
  Buffer.concat([Buffer.from(Array.from({ length: depth }, () => [117, 1]).flat()), Buffer.of(126)]);

function nestedAny(depth: number): string {
  const head = Buffer.of(1, 1, 9, 0, 8, 1, 4, ...Buffer.from("text"), 1);
  return base64(Buffer.concat([head, deep(depth), Buffer.of(0)]));
}

const v2 = new Y.Doc();
v2.getText("text").insert(0, "written as version 2");

const hostile: readonly { readonly what: string; readonly update: string }[] = [
  {
    what: "a payload of version 2 of 21 bytes, whose lengths take all memory",
    update: base64(Uint8Array.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 255, 255, 255, 255, 15, 1, 0, 0, 0, 0])),
  },
  { what: "an honest update of version 2", update: base64(Y.encodeStateAsUpdateV2(v2)) },
  {
    what: "a payload of 9 bytes that claims thirty million structs",
    update: base64(Uint8Array.from([1, 0x80, 0x87, 0xa7, 0x0e, 1, 0, 0, 1])),
  },
  {
    what: "a collected struct on another's client id",
    update: craft([{ client: 5, from: 4, structs: [text("", { content: { kind: "collected", length: 3 } })] }]),
  },
  { what: "a text on another's client id", update: craft([{ client: 5, from: 4, structs: [text("forged")] }]) },
  {
    what: "an origin that the server has never seen",
    update: craft([{ client: 9, structs: [text("x", { origin: { client: 5, clock: 4 } })] }]),
  },
  {
    what: "a right origin of an unknown client",
    update: craft([{ client: 9, structs: [text("x", { rightOrigin: { client: 8, clock: 0 } })] }]),
  },
  {
    what: "a parent that is not there",
    update: craft([{ client: 9, structs: [text("x", { parent: { client: 5, clock: 9 } })] }]),
  },
  {
    what: "a struct before and behind the same one",
    update: craft([
      {
        client: 9,
        structs: [text("x", { origin: { client: 5, clock: 1 }, rightOrigin: { client: 5, clock: 1 } })],
      },
    ]),
  },
  {
    what: "clients in an order in which Yjs loses structs when it merges",
    update: craft(
      [
        { client: 8, structs: [text("x")] },
        { client: 9, structs: [text("y")] },
      ],
      [],
      false,
    ),
  },
  {
    what: "structs that wait for each other",
    update: craft([
      { client: 9, structs: [text("x", { origin: { client: 8, clock: 0 } })] },
      { client: 8, structs: [text("y", { origin: { client: 9, clock: 0 } })] },
    ]),
  },
  {
    what: "a struct that depends on a later one of its own",
    update: craft([{ client: 9, structs: [text("x", { origin: { client: 9, clock: 1 } }), text("y")] }]),
  },
  { what: "a deletion of what another will write", update: craft([], [{ at: { client: 5, clock: 2 }, length: 100 }]) },
  { what: "a deletion of an unknown client", update: craft([], [{ at: { client: 8, clock: 0 }, length: 1 }]) },
  { what: "values in each other, ten thousand deep", update: nestedAny(10_000) },
  {
    what: "JSON that is in itself, deep",
    update: craft([
      {
        client: 9,
        structs: [text("", { content: { kind: "embed", value: JSON.parse(`${"[".repeat(100)}${"]".repeat(100)}`) } })],
      },
    ]),
  },
  {
    what: "five thousand client ids",
    update: craft(Array.from({ length: 5_000 }, (_, index) => ({ client: 100 + index, structs: [text("x")] }))),
  },
  {
    what: "an empty text, which would stand where the next one stands",
    update: craft([{ client: 9, structs: [text("")] }]),
  },
  {
    what: "structs that are left out",
    update: craft([{ client: 9, structs: [text("", { content: { kind: "skip", length: 2 } })] }]),
  },
  {
    what: "a document in the document",
    update: craft([{ client: 9, structs: [text("", { content: { kind: "document" } })] }]),
  },
  {
    what: "more shared types than a stack is deep",
    update: craft([
      { client: 9, structs: Array.from({ length: 1_001 }, () => text("", { content: { kind: "type", type: 1 } })) },
    ]),
  },
  { what: "more after its end", update: base64(Uint8Array.from([0, 0, 0])) },
  { what: "less than its beginning says", update: base64(Uint8Array.from([1, 1])) },
];

test.each(hostile)("$what: it is refused, and others write on", async ({ update }) => {
  await using app = createDocuments();
  const { documentId, ann } = await annsDocument(app);
  await expect(app.as("ben").edit({ documentId, update })).rejects.toMatchObject({ code: "BAD_REQUEST" });
  await ann.write((written) => written.insert(4, ", still"));
  expect(await app.realtime.documents.text(documentId)).toBe("hers, still");
});

test("one client id with two contents: the second is told where it would have to begin", async () => {
  await using app = createDocuments();
  const documentId = await createShared(app, "ann");
  const first = craft([{ client: 7, structs: [text("one")] }]);
  expect(await app.as("ann").edit({ documentId, update: first })).toMatchObject({ ok: true });
  for (const from of [0, 1, 4]) {
    const second = craft([{ client: 7, from, structs: [text("two")] }]);
    expect(await app.as("ann").edit({ documentId, update: second })).toEqual({
      ok: false,
      reason: "OUT_OF_ORDER",
      client: 7,
      expected: 3,
    });
  }
  expect(await app.realtime.documents.text(documentId)).toBe("one");
});

test("a document over its budget is full, and one edit larger than that is too", async () => {
  await using app = createDocuments({ maxBytes: 2_000 });
  const documentId = await createShared(app, "ann");
  await new Page(app, "ann", documentId).write((written) => written.insert(0, "a".repeat(1_500)));
  const more = new Y.Doc();
  more.getText("text").insert(0, "b".repeat(600));
  const update = base64(Y.encodeStateAsUpdate(more));
  expect(await app.as("ann").edit({ documentId, update })).toMatchObject({ ok: false, reason: "FULL", most: 2_000 });
  const large = base64(randomBytes(3_000));
  expect(await app.as("ann").edit({ documentId, update: large })).toMatchObject({ ok: false, reason: "FULL" });
});

test("what is written and deleted again and again is collected long before it fills a document", async () => {
  await using app = createDocuments({ maxBytes: 2_000 });
  const documentId = await createShared(app, "ann");
  const ann = new Page(app, "ann", documentId);
  for (let round = 0; round < 20; round += 1) {
    await ann.write((written) => written.insert(0, "a".repeat(300)));
    await ann.write((written) => written.delete(0, 300));
    await eventually(async () => (await app.topic(documentId, "ann").state()).bytes < 700, "it is collected");
  }
  expect(await app.realtime.documents.text(documentId)).toBe("");
});

test("of a document that is full one can still delete, and then write again", async () => {
  await using app = createDocuments({ maxBytes: 2_000 });
  const documentId = await createShared(app, "ann");
  const ann = new Page(app, "ann", documentId);
  await ann.write((written) => written.insert(0, "a".repeat(1_970)));
  await eventually(async () => (await app.topic(documentId, "ann").state()).tail.length === 0, "it is compacted");
  await ann.write((written) => written.delete(0, 1_000));
  await ann.write((written) => written.delete(0, 900));
  await eventually(async () => (await app.topic(documentId, "ann").state()).bytes < 500, "it is compacted");
  await ann.write((written) => written.insert(0, "b".repeat(100)));
  expect(await app.realtime.documents.text(documentId)).toBe("b".repeat(100) + "a".repeat(70));
});

test("who types ten letters a second for a minute is never refused, and a rate of one's own holds", async () => {
  await using app = createDocuments();
  const documentId = await createShared(app, "ann");
  const ann = new Page(app, "ann", documentId);
  for (let typed = 0; typed < 600; typed += 1) await ann.write((written) => written.insert(typed, "a"));
  expect(await app.realtime.documents.text(documentId)).toBe("a".repeat(600));
  await using slow = createDocuments({ rates: { commandsPerMinute: 3 } });
  const other = await createShared(slow, "ann");
  // It was created by the first command.
  for (const title of ["One", "Two"]) await slow.as("ann").rename({ documentId: other, title });
  await expect(slow.as("ann").rename({ documentId: other, title: "Three" })).rejects.toMatchObject({
    code: "TOO_MANY_REQUESTS",
  });
});

test("a job that takes too long fails alone, and the next one has a thread", async () => {
  const past = (written: string) => {
    const doc = new Y.Doc();
    doc.getText("text").insert(0, written);
    return [base64(Y.encodeStateAsUpdate(doc))];
  };
  const [one = [], other = []] = [1, 2].map(() => past(randomBytes(30_000).toString("latin1")));
  const slow = documentThreads.run("difference", { from: one, to: other, name: "text" }, { deadlineMs: 20 });
  const read = documentThreads.run("text", { past: past("kept"), name: "text" }, { deadlineMs: 10_000 });
  await expect(slow).rejects.toMatchObject({ code: "TIMEOUT" });
  expect(await read).toBe("kept");
});

test("who asks for much at once holds up nobody else, and is told when it is too much", async () => {
  const pool = new DocumentPool({ threads: 2, most: 50, memory: 256 });
  const options = { deadlineMs: 10_000 };
  const ended: string[] = [];
  const run = async (by: string) => {
    await pool.run("text", { past: [], name: "text" }, { ...options, by });
    ended.push(by);
  };
  const all = Array.from({ length: 51 }, () => run("greedy"));
  await expect(run("greedy")).rejects.toMatchObject({ code: "TOO_MANY_REQUESTS" });
  await Promise.all([run("modest"), run("other")]);
  expect(ended.length).toBeLessThan(6);
  await Promise.all(all);
  expect(ended).toHaveLength(53);
});

test("a hundred differences that one user asks for are worked off, and another one waits for none but a few of them", async () => {
  await using app = createDocuments();
  const documentId = await createShared(app, "ann", { ben: "viewer" });
  const ann = new Page(app, "ann", documentId);
  const from = await ann.write((written) => written.insert(0, randomBytes(300).toString("latin1")));
  const to = await ann.write((written) => {
    written.delete(0, written.length);
    written.insert(0, randomBytes(300).toString("latin1"));
  });
  let left = 100;
  const all = Array.from({ length: left }, async () => {
    await app.as("ben").difference({ documentId, from, to });
    left -= 1;
  });
  expect((await app.as("ann").textAt({ documentId, offset: to })).text).toHaveLength(300);
  expect(left).toBeGreaterThan(90);
  const more = Array.from({ length: 10 }, () => app.as("ben").textAt({ documentId, offset: to }));
  const refused = (await Promise.allSettled(more)).flatMap((one) => (one.status === "rejected" ? [one.reason] : []));
  expect(refused).not.toEqual([]);
  expect(refused.map(({ code }) => code)).toEqual(refused.map(() => "TOO_MANY_REQUESTS"));
  await Promise.all(all);
  expect(left).toBe(0);
});

test("a job that takes all memory ends its thread, and the next one has another", async () => {
  const pool = new DocumentPool({ threads: 1, most: 10, memory: 16 });
  const doc = new Y.Doc();
  doc.transact(() => {
    for (let index = 0; index < 300_000; index += 1) doc.getText("text").insert(0, "x");
  });
  const past = [base64(Y.encodeStateAsUpdate(doc))];
  const options = { deadlineMs: 20_000 };
  const large = pool.run("text", { past, name: "text" }, options);
  const small = pool.run("text", { past: [], name: "text" }, options);
  await expect(large).rejects.toMatchObject({ code: "SERVICE_UNAVAILABLE" });
  expect(await small).toBe("");
});

test("a job that is taken back ends, and one on what is no document says so", async () => {
  const past = [base64(Uint8Array.from([1, 1, 9, 5, 4, 1, 1, 97, 1, 98, 0]))];
  const aborted = AbortSignal.abort(new Error("nobody waits"));
  const options = { deadlineMs: 10_000 };
  await expect(documentThreads.run("text", { past, name: "text" }, { ...options, signal: aborted })).rejects.toThrow(
    "nobody waits",
  );
  await expect(documentThreads.run("text", { past, name: "text" }, options)).rejects.toThrow("missing");
});
