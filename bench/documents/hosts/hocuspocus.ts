import { DatabaseSync } from "node:sqlite";
import { Database } from "@hocuspocus/extension-database";
import { Server } from "@hocuspocus/server";
import * as Y from "yjs";
import type { Host } from "./host.ts";

/** Hocuspocus as it is by default, with its database extension over a SQLite file, in the table of its own extension for SQLite. */
export async function hocuspocusHost(path: string, at: number): Promise<Host> {
  const database = new DatabaseSync(path);
  database.exec(
    `CREATE TABLE IF NOT EXISTS "documents" ("name" varchar(255) NOT NULL, "data" blob NOT NULL, UNIQUE(name))`,
  );
  const read = database.prepare(`SELECT data FROM "documents" WHERE name = ?`);
  const write = database.prepare(
    `INSERT INTO "documents" ("name", "data") VALUES (?, ?) ON CONFLICT(name) DO UPDATE SET data = excluded.data`,
  );
  const server = new Server({
    port: at,
    address: "127.0.0.1",
    quiet: true,
    stopOnSignals: false,
    extensions: [
      new Database({
        fetch: async ({ documentName }) => (read.get(documentName)?.data as Uint8Array | undefined) ?? null,
        store: async ({ documentName, state }) => void write.run(documentName, state),
      }),
    ],
  });
  await server.listen();
  let made = 0;
  const name = () => {
    made += 1;
    return `bench-${made}`;
  };
  return {
    port: server.address.port,
    create: async () => name(),
    async fill(edits) {
      const doc = new Y.Doc();
      doc.transact(() => {
        for (const { update } of edits) Y.applyUpdate(doc, update);
      });
      const documentName = name();
      write.run(documentName, Y.encodeStateAsUpdate(doc));
      return documentName;
    },
  };
}
