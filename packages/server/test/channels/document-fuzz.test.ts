import fc from "fast-check";
import { expect, test } from "vitest";
import * as Y from "yjs";
import { checkScan } from "../../src/channels/document-checks.ts";
import { documentJobs } from "../../src/channels/document-jobs.ts";
import { clientOf, type DocumentSecret, documentPrivate, toSecret } from "../../src/channels/document-private.ts";
import { MalformedUpdate, scanUpdate } from "../../src/channels/document-scan.ts";
import { tries } from "../support/seed.ts";
import { crafted, writeCrafted } from "./document-crafted.ts";
import { base64 } from "./documents-app.ts";

/** What the server does with updates, without its store: it takes them or does not. */
class Server {
  known: DocumentSecret = documentPrivate.initial({ documentId: "d" });
  readonly log: Uint8Array[] = [];

  offer(update: Uint8Array, author: string): boolean {
    try {
      const scan = scanUpdate(update);
      if (checkScan(this.known, scan, author)) return false;
      this.known = documentPrivate.apply.edited?.(this.known, { update: "" }, toSecret(scan, author)) ?? this.known;
      this.log.push(update);
      return true;
    } catch (error) {
      if (error instanceof MalformedUpdate || (error as { code?: string }).code === "BAD_REQUEST") return false;
      throw error;
    }
  }

  clockOf = (client: number): number => clientOf(this.known, client)?.clock ?? 0;
}

/** A document to which each update of the log was applied, one after the other, and of which nothing waits. */
function follow(log: readonly Uint8Array[]): Y.Doc {
  const doc = new Y.Doc();
  for (const update of log) {
    Y.applyUpdate(doc, update);
    expect([doc.store.pendingStructs, doc.store.pendingDs]).toEqual([null, null]);
  }
  return doc;
}

function of(update: Uint8Array): Y.Doc {
  const doc = new Y.Doc();
  Y.applyUpdate(doc, update);
  return doc;
}

function contentOf(doc: Y.Doc) {
  return [doc.getText("text").toDelta(), doc.getMap("map").toJSON()];
}

/** The same document in each way in which one is made: from the log, through a compaction at some time, and from the merged log. */
function expectOne({ log }: Server, cut: number): void {
  const followed = follow(log);
  const at = log.length === 0 ? 0 : cut % log.length;
  const base = Buffer.from(documentJobs.compact({ past: log.slice(0, at).map(base64) }).base, "base64");
  const others = [follow([base, ...log.slice(at)]), ...(log.length > 0 ? [of(Y.mergeUpdates(log))] : [])];
  const bytes = base64(Y.encodeStateAsUpdate(followed));
  for (const other of others) expect(base64(Y.encodeStateAsUpdate(other))).toBe(bytes);
  const content = contentOf(followed);
  for (const other of others) expect(contentOf(other)).toEqual(content);
}

test("whatever is crafted, what is taken is applied at once and completely, and makes one document in whichever way", () => {
  let taken = 0;
  fc.assert(
    fc.property(fc.array(fc.tuple(crafted, fc.nat(3)), { maxLength: 12 }), fc.nat(), (updates, cut) => {
      const server = new Server();
      for (const [update, author] of updates) {
        const bytes = writeCrafted(update, server.clockOf);
        if (server.offer(bytes, `author ${author % 2}`)) taken += 1;
      }
      expectOne(server, cut);
    }),
    tries(500),
  );
  expect(taken).toBeGreaterThan(100);
});
