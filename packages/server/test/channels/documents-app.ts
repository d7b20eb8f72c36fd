import assert from "node:assert/strict";
import { documents } from "@shoal/contract/documents";
import { type Broker, createMemoryStore, initRealtime, type Store, type User } from "@shoal/server";
import { type DocumentsOptions, serveDocuments } from "@shoal/server/documents";
import { initTRPC } from "@trpc/server";
import * as Y from "yjs";
import { userOf } from "../support/app.ts";
import { hurried } from "../support/hurried.ts";
import { Logged } from "../support/logged.ts";

interface Context {
  readonly user: User | null;
}

export interface DocumentsAppOptions extends DocumentsOptions<User | null, Context> {
  readonly store?: Store;
  readonly broker?: Broker;
  readonly lookMs?: number;
}

/** Documents on a store. It listens nowhere. */
export function createDocuments({ store = createMemoryStore(), broker, lookMs, ...options }: DocumentsAppOptions = {}) {
  const t = initTRPC.context<Context>().create({ isDev: false });
  const { createRealtime } = initRealtime({ t, user: (ctx) => ctx.user });
  const logged = new Logged();
  const realtime = createRealtime({
    ...hurried,
    ...(broker && { broker }),
    ...(lookMs !== undefined && { lookMs }),
    store,
    logger: logged.logger,
    channels: [serveDocuments<User | null, Context>({ gatherMs: 0, ...options })],
  });
  const router = t.router({ realtime: realtime.router });
  return {
    realtime,
    store,
    logged,
    as: (token: string | null) => router.createCaller({ user: userOf(token) }).realtime.documents,
    topic: (documentId: string, token: string) => realtime.topic(documents, { documentId }).as(userOf(token)),
    [Symbol.asyncDispose]: () => realtime.close(),
  };
}

export type DocumentsApp = ReturnType<typeof createDocuments>;

/** Creates a document of somebody, shared with others. @returns its id */
export async function createShared(
  app: DocumentsApp,
  owner: string,
  shares: Readonly<Record<string, "owner" | "editor" | "viewer">> = {},
  title = "Minutes",
): Promise<string> {
  const created = await app.as(owner).create({ title });
  assert(created.ok);
  const { documentId } = created.params;
  for (const [userId, role] of Object.entries(shares)) {
    assert((await app.as(owner).share({ documentId, userId, role })).ok);
  }
  return documentId;
}

/** A page of an author: a Yjs document whose changes are sent one after the other. */
export class Page {
  readonly doc = new Y.Doc();
  readonly text = this.doc.getText("text");
  readonly #waiting: Uint8Array[] = [];
  readonly #app: DocumentsApp;
  readonly #who: string;
  readonly #documentId: string;

  constructor(app: DocumentsApp, who: string, documentId: string) {
    this.#app = app;
    this.#who = who;
    this.#documentId = documentId;
    this.doc.on("update", (update: Uint8Array, origin: unknown) => {
      if (origin !== "server") this.#waiting.push(update);
    });
  }

  /** Takes what the server has. */
  async load(): Promise<void> {
    const { base, tail } = await this.#app.topic(this.#documentId, this.#who).state();
    for (const update of [base, ...tail.flat()].filter((part) => part !== "")) {
      Y.applyUpdate(this.doc, Buffer.from(update, "base64"), "server");
    }
  }

  /** Changes the text, and sends it. @returns the offset at which it is stored */
  async write(change: (text: Y.Text) => void): Promise<number> {
    this.doc.transact(() => change(this.text));
    let offset = 0;
    for (const update of this.#waiting.splice(0)) {
      const outcome = await this.#app.as(this.#who).edit({ documentId: this.#documentId, update: base64(update) });
      assert(outcome.ok, JSON.stringify(outcome));
      offset = outcome.offset;
    }
    return offset;
  }
}

export function base64(update: Uint8Array): string {
  return Buffer.from(update).toString("base64");
}
