import { documents } from "@shoal/contract/documents";
import { consoleLogger, createSqliteStore, initRealtime, serve } from "@shoal/server";
import { serveDocuments } from "@shoal/server/documents";
import { initTRPC } from "@trpc/server";
import type { Edit, Host } from "./host.ts";

interface Context {
  readonly user: { readonly id: string } | null;
}

/** How many edits of one user are given at a time while a document is filled. */
const atOnce = 64;

/** Documents as an application serves them: in a SQLite file, and written by those with whom they are shared. */
export async function shoalHost(path: string, at: number): Promise<Host> {
  const t = initTRPC.context<Context>().create();
  const { createRealtime } = initRealtime({ t, user: (ctx) => ctx.user });
  const realtime = createRealtime({
    channels: [serveDocuments<Context["user"], Context>()],
    store: createSqliteStore({ path }),
    logger: { ...consoleLogger, info: () => {} },
  });
  const { port } = await serve({
    router: t.router({ realtime: realtime.router }),
    port: at,
    createContext: ({ info, req }): Context => {
      const id = (info.connectionParams?.token ?? req.headers.authorization)?.replace(/^Bearer /, "");
      return { user: id ? { id } : null };
    },
  });

  async function create([owner = "", ...users]: readonly string[]): Promise<string> {
    const as = { id: owner };
    const created = await realtime.channel(documents).as(as).create({ title: "Bench" });
    if (!created.ok) throw new Error("the document was not created");
    const topic = realtime.topic(documents, created.params).as(as);
    for (const userId of users) await topic.send.share({ userId, role: "editor" });
    return created.params.documentId;
  }

  return {
    port,
    create,
    async fill(edits) {
      const users = [...new Set(edits.map(({ user }) => user))];
      const documentId = await create(users);
      const send = async ({ user, update }: Edit) => {
        const topic = realtime.topic(documents, { documentId }).as({ id: user });
        const outcome = await topic.send.edit({ update: Buffer.from(update).toString("base64") });
        if (!outcome.ok) throw new Error(`an edit was not taken: ${outcome.reason}`);
      };
      for (let at = 0; at < edits.length; at += atOnce) await Promise.all(edits.slice(at, at + atOnce).map(send));
      return documentId;
    },
  };
}
