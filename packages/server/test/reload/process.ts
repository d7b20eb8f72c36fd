import { queryObjects } from "node:v8";
import { type ServeHandle, type StoredEvent, serve, topicRef } from "@shoal/server";
import { LiveTopic } from "../../src/channel/live-topic.ts";

/** A development server in a process of its own: it keeps its port while its application is evaluated again. */
type Application = typeof import("./app.ts");

/** What it is asked. Each is answered once, in order. */
export type Asked = "reload" | "measure" | "logs";

/** What is open in the process. */
export interface Measured {
  /** The threads of SQLite, or the connections to Postgres, by their numbers. */
  readonly store: readonly number[];
  readonly sockets: number;
  readonly topics: number;
}

export interface Logs {
  readonly list: readonly StoredEvent[];
  readonly audit: readonly StoredEvent[];
}

export interface Told {
  readonly port: number;
  readonly measured?: Measured;
  readonly logs?: Logs;
  readonly failed?: string;
}

const connectionsHere = `SELECT pid FROM pg_stat_activity
  WHERE datname = current_database() AND backend_type = 'client backend'`;

let version = 0;
let current: { readonly app: Application; readonly handle: ServeHandle } | undefined;

/** As hot reloading does it: the new module first, then the old one's cleaning up. */
async function reload(port: number): Promise<void> {
  version += 1;
  const url = new URL("./app.ts", import.meta.url);
  url.searchParams.set("v", String(version));
  const app = (await import(url.href)) as Application;
  await app.realtime.open();
  const old = current;
  await old?.handle.close();
  const handle = await serve({ router: app.router, port, createContext: () => ({}) });
  current = { app, handle };
  await old?.app.realtime.close();
}

async function measure({ store }: Application): Promise<Measured> {
  const { workers, libuv } = process.report.getReport() as unknown as {
    readonly workers: readonly { readonly header: { readonly threadId: number } }[];
    readonly libuv: readonly { readonly type: string }[];
  };
  const connections = store.sql.dialect === "postgres" ? (await store.sql.query(connectionsHere, [])).rows : [];
  return {
    store: [...workers.map(({ header }) => header.threadId), ...connections.map(({ pid }) => Number(pid))].toSorted(),
    sockets: libuv.filter(({ type }) => type === "tcp" || type === "pipe").length,
    topics: queryObjects(LiveTopic, { format: "count" }),
  };
}

async function logs({ store }: Application): Promise<Logs> {
  const read = (channel: string, params: object) =>
    store.read(topicRef(channel, null, params), 1, Number.MAX_SAFE_INTEGER);
  return { list: await read("list", { listId: "home" }), audit: await read("audit", {}) };
}

async function answer(asked: Asked): Promise<Told> {
  if (asked === "reload" || !current) await reload(current?.handle.port ?? 0);
  if (!current) throw new Error("It was not loaded.");
  const { port } = current.handle;
  if (asked === "measure") return { port, measured: await measure(current.app) };
  return asked === "logs" ? { port, logs: await logs(current.app) } : { port };
}

process.on("message", (asked: Asked) => {
  answer(asked).then(
    (told) => process.send?.(told),
    (error) => process.send?.({ port: 0, failed: String(error) }),
  );
});
process.on("disconnect", () => process.exit());
