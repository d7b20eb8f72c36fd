import { cp } from "node:fs/promises";
import { createSqliteStore } from "@shoal/server";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as Y from "yjs";
import { temporaryFolder } from "../../../server/test/durability/temporary-folder.ts";
import { type Change, change, contentOf, edit } from "../support/document-edits.ts";
import { openFor, startDocuments, textOfDocument } from "../support/document-server.ts";
import { until } from "../support/until.ts";

/** What happens while five people write. */
type Step =
  | { readonly type: "edit"; readonly who: number; readonly change: Change }
  | { readonly type: "offline" | "online" | "lose" | "swallow"; readonly who: number }
  | { readonly type: "cut" }
  | { readonly type: "breathe" };

const who = fc.nat(4);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 12, arbitrary: fc.record({ type: fc.constant("edit"), who, change }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constantFrom("offline", "online", "online", "lose", "swallow"), who }) },
  { weight: 1, arbitrary: fc.constant({ type: "cut" }) },
  { weight: 3, arbitrary: fc.constant({ type: "breathe" }) },
) as fc.Arbitrary<Step>;

const people = ["ann", "ben", "cat", "dan", "eve"] as const;

async function run(steps: readonly Step[]): Promise<void> {
  await using server = await startDocuments();
  const documentId = await server.create({ ben: "editor", cat: "editor", dan: "editor", eve: "editor" });
  await using everybody = new AsyncDisposableStack();
  const all = people.map((name) => everybody.use(openFor(server, name, documentId)));
  for (const { document } of all) await until(document, ({ canEdit }) => canEdit);
  for (const each of steps) {
    if (each.type === "cut") server.cut();
    if (each.type === "breathe") await server.state(documentId);
    if (!("who" in each)) continue;
    const { document, network } = all[each.who] as (typeof all)[number];
    switch (each.type) {
      case "edit":
        edit(document.doc, each.change);
        break;
      case "offline":
        network.online = false;
        break;
      case "online":
        network.online = true;
        network.swallow = false;
        network.lose = () => false;
        break;
      case "lose": {
        // One frame, as of a server that is in error: the client has to notice.
        let left = 1;
        network.lose = ({ kind }) => kind === "events" && left-- > 0;
        break;
      }
      case "swallow":
        network.swallow = true;
    }
  }
  for (const { network } of all) Object.assign(network, { online: true, swallow: false, lose: () => false });
  server.cut();
  for (const { document } of all) await expect.poll(() => document.status).toBe("saved");
  await using late = openFor(server, "ann", documentId);
  await until(late.document, ({ status }) => status === "saved");
  const stored = await server.folded(documentId);
  for (const { document } of [...all, late]) {
    await expect.poll(() => contentOf(document.doc)).toEqual(contentOf(stored));
    expect(document.doc.store.pendingStructs).toBeNull();
    expect(Y.encodeStateVector(document.doc)).toEqual(Y.encodeStateVector(stored));
  }
}

describe("five people who write at once", () => {
  test("have the same document in the end, which is the stored one, whatever the network did", async () => {
    const steps = fc.array(step, { minLength: 40, maxLength: 120, size: "max" });
    await fc.assert(fc.asyncProperty(steps, run), { numRuns: 8, endOnFailure: true });
  }, 120_000);

  test("lose nothing that was acknowledged, however often they are cut off", async () => {
    await using server = await startDocuments();
    const documentId = await server.create({ ben: "editor", cat: "editor", dan: "editor", eve: "editor" });
    await using everybody = new AsyncDisposableStack();
    const all = people.map((name) => everybody.use(openFor(server, name, documentId)));
    const acknowledged = new Set<string>();
    for (const { document } of all) await until(document, ({ canEdit }) => canEdit);
    for (let round = 0; round < 20; round += 1) {
      for (const [at, { text }] of all.entries()) text.insert(text.length, `<${people[at]}-${round}>`);
      if (round % 8 === 5) server.cut();
      const { document, text } = all[round % all.length] as (typeof all)[number];
      await expect.poll(() => document.status).toBe("saved");
      // What it shows as saved is stored now, not later.
      const stored = (await server.folded(documentId)).getText("text").toString();
      const own = [...text.toString().matchAll(/<(\w+)-\d+>/g)].filter(([, by]) => by === people[round % all.length]);
      for (const [mark] of own) acknowledged.add(mark);
      for (const mark of acknowledged) expect(stored).toContain(mark);
    }
    expect(acknowledged.size).toBe(90);
  });
});

test("a server that was restored from a backup gets what it has lost from who has it", async () => {
  await using folder = await temporaryFolder();
  const start = (file: string, port = 0) =>
    startDocuments({ store: createSqliteStore({ path: folder.file(file) }), port });
  const first = await start("shoal.db");
  const { port } = first;
  const documentId = await first.create({ ben: "editor" });
  await using ann = openFor(first, "ann", documentId);
  await until(ann.document, ({ canEdit }) => canEdit);
  ann.text.insert(0, "kept");
  await until(ann.document, ({ status }) => status === "saved");
  await first.close();
  await cp(folder.file("shoal.db"), folder.file("backup.db"));

  const second = await start("shoal.db", port);
  await until(ann.document, ({ status }) => status === "saved");
  ann.text.insert(4, " and lost");
  await until(ann.document, ({ status }) => status === "saved");
  ann.text.delete(0, 1);
  await until(ann.document, ({ status }) => status === "saved");
  await second.close();
  ann.text.insert(ann.text.length, ", and new");

  await using third = await start("backup.db", port);
  await expect.poll(() => ann.document.status).toBe("saved");
  await expect
    .poll(async () => (await third.folded(documentId)).getText("text").toString())
    .toBe("ept and lost, and new");
  await using ben = openFor(third, "ben", documentId);
  await until(textOfDocument(ben.document), (text) => text === "ept and lost, and new");
});

test("a server that was restored gets what it has lost of a document that is too large for a watch to begin with", async () => {
  await using folder = await temporaryFolder();
  const start = (file: string, port = 0) =>
    startDocuments({ store: createSqliteStore({ path: folder.file(file) }), port });
  const first = await start("shoal.db");
  const { port } = first;
  const documentId = await first.create();
  await using ann = openFor(first, "ann", documentId);
  await until(ann.document, ({ canEdit }) => canEdit);
  const large = "All work and no play. ".repeat(140_000);
  ann.text.insert(0, large);
  await expect.poll(() => ann.document.status, { timeout: 20_000 }).toBe("saved");
  await first.close();
  await cp(folder.file("shoal.db"), folder.file("backup.db"));

  const second = await start("shoal.db", port);
  await until(ann.document, ({ status }) => status === "saved");
  ann.text.insert(0, "lost, ");
  await until(ann.document, ({ status }) => status === "saved");
  await second.close();

  await using third = await start("backup.db", port);
  await expect
    .poll(async () => (await third.folded(documentId)).getText("text").toString() === `lost, ${large}`, {
      timeout: 20_000,
    })
    .toBe(true);
  await expect.poll(() => ann.document.status).toBe("saved");
}, 60_000);
