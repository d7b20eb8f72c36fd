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
  readonly log: Uint8Array[] = [];
  readonly #taken: { readonly known: DocumentSecret; readonly author: string }[] = [];
  known: DocumentSecret;

  constructor(known = documentPrivate.initial({ documentId: "d" }), log: readonly Uint8Array[] = []) {
    this.known = known;
    this.log.push(...log);
  }

  offer(update: Uint8Array, author: string): boolean {
    try {
      const scan = scanUpdate(update);
      if (checkScan(this.known, scan, author)) return false;
      this.#taken.push({ known: this.known, author });
      this.known =
        documentPrivate.apply.edited?.(this.known, { update: "", at: 0 }, toSecret(scan, author)) ?? this.known;
      this.log.push(update);
      return true;
    } catch (error) {
      if (error instanceof MalformedUpdate || (error as { code?: string }).code === "BAD_REQUEST") return false;
      throw error;
    }
  }

  /** The server as it was before it took an update, with that update. */
  before(index: number) {
    const { known = this.known, author = "" } = this.#taken[index] ?? {};
    return {
      server: new Server(known, this.log.slice(0, index)),
      update: this.log[index] ?? new Uint8Array(2),
      author,
    };
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

/** As JSON, in which shared types are what is in them. The keys of a map have no order. */
function contentOf(doc: Y.Doc): string {
  const entries = Object.entries(doc.getMap("map").toJSON());
  return JSON.stringify([
    doc.getText("text").toDelta(),
    entries.toSorted(([one], [other]) => one.localeCompare(other)),
  ]);
}

/** The letters of the text, wherever they stand. */
function lettersOf(doc: Y.Doc): string {
  return [...doc.getText("text").toString()].toSorted().join("");
}

/**
 * The same document in each way in which one is made: from the log, through a compaction at some time, and from the merged log. Of honest
 * edits it is the same in bytes. What is crafted may claim a place that is none, behind something and before what stands further left:
 * where Yjs then puts it depends on how it joined the neighbours, but all that is there is there.
 */
function expectOne({ log }: Server, cut: number, honest: "honest" | "crafted" = "crafted"): void {
  const followed = follow(log);
  const at = log.length === 0 ? 0 : cut % log.length;
  const base = Buffer.from(documentJobs.compact({ past: log.slice(0, at).map(base64) }).base, "base64");
  const others = [follow([base, ...log.slice(at)]), ...(log.length > 0 ? [of(Y.mergeUpdates(log))] : [])];
  const same = honest === "honest" ? [bytesOf, contentOf] : [Y.encodeStateVector, lettersOf];
  // The bytes come first: asking for a content tells Yjs what the types are.
  for (const what of same) {
    const expected = what(followed);
    for (const other of others) expect(what(other)).toEqual(expected);
  }
}

function bytesOf(doc: Y.Doc): string {
  return base64(Y.encodeStateAsUpdate(doc));
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

/** What authors do to their documents, each to their own, and when they hear of what the others did. */
const step = fc.record({
  author: fc.nat(2),
  act: fc.constantFrom("insert", "insert", "delete", "format", "set", "hear"),
  at: fc.nat(20),
  text: fc.string({ unit: "grapheme", minLength: 1, maxLength: 5 }),
});

type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

function perform(doc: Y.Doc, { act, at, text: written }: Step): void {
  const text = doc.getText("text");
  const place = Math.min(at, text.length);
  const length = Math.min(written.length, text.length - place);
  if (act === "insert") text.insert(place, written);
  else if (act === "delete") text.delete(place, length);
  else if (act === "format") text.format(place, length, { bold: at % 2 === 0 ? true : null });
  else if (act === "set") doc.getMap("map").set(`key ${at % 3}`, { written });
}

/** What somebody makes of an update on its way: some bytes are others, some are missing, some come twice. */
const mutation = fc.record({
  kind: fc.constantFrom("change", "change", "cut", "repeat"),
  at: fc.nat(),
  byte: fc.nat(255),
});

function mutate(update: Uint8Array, { kind, at, byte }: typeof mutation extends fc.Arbitrary<infer M> ? M : never) {
  const place = at % update.length;
  const bytes = [...update];
  if (kind === "change") bytes[place] = byte;
  else if (kind === "cut") bytes.splice(place, 1 + (byte % 4));
  else bytes.splice(place, 0, ...bytes.slice(place, place + 1 + (byte % 8)));
  return Uint8Array.from(bytes);
}

test("honest edits are all taken, and of those that are tampered with only such as make one document", () => {
  let tampered = 0;
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 30 }),
      fc.array(fc.tuple(fc.nat(), mutation), { maxLength: 30 }),
      fc.nat(),
      (steps, mutations, cut) => {
        const server = new Server();
        const authors = [0, 1, 2].map((index) => author(server, index));
        for (const each of steps) authors[each.author]?.(each);
        expectOne(server, cut, "honest");
        for (const [which, how] of server.log.length > 0 ? mutations : []) {
          const before = server.before(which % server.log.length);
          if (!before.server.offer(mutate(before.update, how), before.author)) continue;
          tampered += 1;
          expectOne(before.server, cut);
        }
      },
    ),
    tries(150),
  );
  expect(tampered).toBeGreaterThan(10);
});

/** An author whose edits the server must take: each is offered when it is made. */
function author(server: Server, index: number): (step: Step) => void {
  const doc = new Y.Doc();
  doc.clientID = index + 1;
  let heard = 0;
  doc.on("update", (update: Uint8Array, _origin: unknown, _doc: Y.Doc, { local }: Y.Transaction) => {
    if (local) expect(server.offer(update, `author ${index}`)).toBe(true);
  });
  return (each) => {
    if (each.act !== "hear") {
      perform(doc, each);
      return;
    }
    for (const update of server.log.slice(heard)) Y.applyUpdate(doc, update, "server");
    heard = server.log.length;
  };
}

test("random bytes are refused or applied, and never anything else", () => {
  const bytes = fc.uint8Array({ maxLength: 40 }).map((some) => Uint8Array.from([some.length % 3, ...some]));
  fc.assert(
    fc.property(fc.array(bytes, { maxLength: 20 }), (updates) => {
      const server = new Server();
      for (const update of updates) server.offer(update, "somebody");
      expectOne(server, 0);
    }),
    tries(300),
  );
});
