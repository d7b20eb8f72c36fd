import assert from "node:assert/strict";
import { type Documents, documents, documentText } from "@shoal/contract/documents";
import { consoleLogger, createMemoryStore, initRealtime, type Store, serve, system } from "@shoal/server";
import { type DocumentsOptions, serveDocuments } from "@shoal/server/documents";
import { initTRPC } from "@trpc/server";
import * as Y from "yjs";
import { type OpenDocumentOptions, openDocument, type SharedDocument } from "../../src/channels/documents.ts";
import { createClient } from "../../src/client.ts";
import type { ClientOptions } from "../../src/client-options.ts";
import type { Readable } from "../../src/store.ts";
import { onOwnNetwork } from "./on-own-network.ts";

interface Context {
  readonly user: { readonly id: string; readonly name: string } | null;
}

export interface DocumentServerOptions extends DocumentsOptions<Context["user"], Context> {
  readonly store?: Store;
  readonly port?: number;
}

const logger = { ...consoleLogger, info: () => {}, warn: () => {} };
const channels = [documents] as const;

/** A token is the user's id; the name is the same in capitals. */
function userOf(credentials: string | undefined): Context["user"] {
  const id = credentials?.replace(/^Bearer /, "");
  return id ? { id, name: id.toUpperCase() } : null;
}

/** A server of documents, on a port of its own. */
export async function startDocuments({
  store = createMemoryStore(),
  port = 0,
  ...options
}: DocumentServerOptions = {}) {
  const t = initTRPC.context<Context>().create();
  const { createRealtime } = initRealtime({ t, user: (ctx) => ctx.user });
  const realtime = createRealtime({
    channels: [serveDocuments<Context["user"], Context>({ rates: { commandsPerMinute: 0 }, gatherMs: 0, ...options })],
    store,
    logger,
    drainSpreadMs: 0,
  });
  const handle = await serve({
    router: t.router({ realtime: realtime.router }),
    port,
    createContext: ({ info, req }) => ({ user: userOf(info.connectionParams?.token ?? req.headers.authorization) }),
  });
  const as = (userId: string) => ({ id: userId, name: userId.toUpperCase() });
  const topic = (documentId: string) => realtime.topic(documents, { documentId });
  const close = async () => {
    await realtime.close();
    await handle.close();
  };
  return {
    url: `${handle.url}/trpc`,
    port: handle.port,
    realtime,
    /** Ends every connection without a word, as a network does. */
    cut() {
      for (const socket of handle.sockets) socket.terminate();
    },
    /** Creates a document of Ann's, shared with others. @returns its id */
    async create(shares: Readonly<Record<string, "owner" | "editor" | "viewer">> = {}, title = "Minutes") {
      const created = await realtime.channel(documents).as(as("ann")).create({ title });
      assert(created.ok);
      const { documentId } = created.params;
      for (const [userId, role] of Object.entries(shares)) await this.share(documentId, userId, role);
      return documentId;
    },
    async share(documentId: string, userId: string, role: "owner" | "editor" | "viewer" | null) {
      const shared = await topic(documentId).as(as("ann")).send.share({ userId, name: userId.toUpperCase(), role });
      assert(shared.ok, JSON.stringify(shared));
    },
    state: (documentId: string): Promise<Documents["state"]> => topic(documentId).as(system).state(),
    /** What the log says that the document is: its events, one after the other. */
    async folded(documentId: string): Promise<Y.Doc> {
      const doc = new Y.Doc();
      const { base, tail } = await topic(documentId).as(system).state();
      for (const update of [base, ...tail.flat()]) if (update !== "") Y.applyUpdate(doc, Buffer.from(update, "base64"));
      return doc;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

export type DocumentServer = Awaited<ReturnType<typeof startDocuments>>;

/** A client of the server, on a network of its own. */
export function connectTo(
  server: Pick<DocumentServer, "url">,
  token: string,
  options: Partial<ClientOptions<typeof channels>> = {},
) {
  return onOwnNetwork((WebSocket) =>
    createClient({
      WebSocket,
      url: server.url,
      channels,
      token: () => token,
      user: () => ({ id: token, name: token.toUpperCase() }),
      ...options,
    }),
  );
}

/** A document as somebody has it open, on a client of their own. */
export function openFor(
  server: Pick<DocumentServer, "url">,
  token: string,
  documentId: string,
  options: Partial<OpenDocumentOptions> = {},
) {
  const client = connectTo(server, token);
  const document = openDocument(client, { documentId, ...options });
  return {
    client,
    network: client.network,
    document,
    text: document.text,
    async [Symbol.asyncDispose]() {
      document.destroy();
      await client.close();
    },
  };
}

/** What a document says, as something to wait for. */
export function textOfDocument({ doc }: Pick<SharedDocument, "doc">): Readable<string> {
  return {
    get current() {
      return doc.getText(documentText).toString();
    },
    subscribe(listener) {
      doc.on("update", listener);
      return () => doc.off("update", listener);
    },
  };
}
