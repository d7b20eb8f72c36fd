import assert from "node:assert/strict";
import { documents } from "@shoal/contract/documents";
import { type Broker, type BrokerMessage, consoleLogger, initRealtime, serve, topicRef } from "@shoal/server";
import { serveDocuments } from "@shoal/server/documents";
import { initTRPC } from "@trpc/server";
import { openAt } from "../../../../server/test/durability/store-at.ts";
import type { Answers, FromNode, ToNode } from "./document-node.ts";

/**
 * A server of documents in a process of its own, which its parent tells what other nodes tell it. A token is the user's id. It lives until it is
 * killed.
 */
const store = openAt(JSON.parse(process.argv[2] ?? ""));
const listeners = new Map<string, Set<(message: BrokerMessage) => void>>();
const tell = (message: FromNode) => process.send?.(message);

const broker: Broker = {
  publish: (topicId, message) => tell({ kind: "hint", hint: { topicId, message } }),
  subscribe(topicId, listener) {
    const known = listeners.get(topicId) ?? new Set();
    listeners.set(topicId, known.add(listener));
    return () => known.delete(listener);
  },
  close: async () => {},
};

interface Context {
  readonly user: { readonly id: string; readonly name: string } | null;
}

const t = initTRPC.context<Context>().create();
const served = serveDocuments<Context["user"], Context>({ rates: { commandsPerMinute: 0 } });
const { createRealtime } = initRealtime({ t, user: (ctx) => ctx.user });
const realtime = createRealtime({
  // A document of a test has few edits: it is compacted again and again nevertheless.
  channels: [{ ...served, options: { ...served.options, snapshotEvery: 10 } }],
  store,
  broker,
  rates: { commandsPerMinute: 0 },
  logger: { ...consoleLogger, info: () => {}, warn: () => {} },
});
const { port } = await serve({
  router: t.router({ realtime: realtime.router }),
  port: 0,
  createContext: ({ info, req }) => {
    const id = (info.connectionParams?.token ?? req.headers.authorization)?.replace(/^Bearer /, "");
    return { user: id ? { id, name: id.toUpperCase() } : null };
  },
});

const answers: Answers = {
  async create(writers) {
    const ann = { id: "ann", name: "ANN" };
    const created = await realtime.channel(documents).as(ann).create({ title: "Minutes" });
    assert(created.ok);
    const topic = realtime.topic(documents, created.params).as(ann);
    for (const userId of writers) assert((await topic.send.share({ userId, role: "editor" })).ok);
    return created.params.documentId;
  },
  log: (documentId) => store.read(topicRef(documents.name, null, { documentId }), 1, Number.MAX_SAFE_INTEGER),
};

process.on("disconnect", () => process.exit());
process.on("message", async (message: ToNode) => {
  if (message.kind === "hint") {
    for (const listen of listeners.get(message.hint.topicId) ?? []) listen(message.hint.message);
    return;
  }
  const { id, name, input } = message;
  try {
    tell({ kind: "answer", id, value: await (answers[name] as (input: unknown) => unknown)(input) });
  } catch (error) {
    tell({ kind: "answer", id, error: String(error) });
  }
});
tell({ kind: "listening", port });
