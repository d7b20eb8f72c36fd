import type { RequestListener } from "node:http";
import { fileURLToPath } from "node:url";
import { createMemoryStore, initRealtime, serve, system } from "@shoal/server";
import { initTRPC } from "@trpc/server";
import { build } from "vite";
import { board } from "../pages/board.ts";

type Mode = "production" | "development";

/** A server of the board, whose page is one of the folder `pages`, with React as it is in that mode. */
export async function startPageServer(page: string, mode: Mode = "production") {
  const script = await bundle(page, mode);
  const t = initTRPC.create();
  const { serveChannel, createRealtime } = initRealtime({ t, user: () => null });
  const boards = serveChannel(board, {
    authorize: () => true,
    commands: {
      count({ input: { index, times }, emit }) {
        for (let time = 0; time < times; time += 1) emit("counted", { index });
      },
    },
  });
  const realtime = createRealtime({ channels: [boards], store: createMemoryStore() });
  const router = t.router({ realtime: realtime.router });
  const handle = await serve({ router, port: 0, createContext: () => ({}), fallback: pageOf(script) });
  return {
    url: `${handle.url}/`,
    sockets: handle.sockets,
    board: realtime.topic(board, {}).as(system),
    async [Symbol.asyncDispose]() {
      await realtime.close();
      await handle.close();
    },
  };
}

function pageOf(script: string): RequestListener {
  return ({ url }, response) => {
    const isScript = url === "/page.js";
    response.setHeader("content-type", isScript ? "text/javascript" : "text/html");
    response.end(
      isScript ? script : '<!doctype html><div id="root"></div><script type="module" src="/page.js"></script>',
    );
  };
}

async function bundle(page: string, mode: Mode): Promise<string> {
  const result = await build({
    configFile: false,
    logLevel: "error",
    root: fileURLToPath(new URL("..", import.meta.url)),
    oxc: { jsx: { runtime: "automatic", development: false } },
    define: { "process.env.NODE_ENV": JSON.stringify(mode) },
    build: { write: false, rollupOptions: { input: fileURLToPath(new URL(`../pages/${page}`, import.meta.url)) } },
  });
  const [built] = [result].flat();
  const chunk = built && "output" in built ? built.output[0] : undefined;
  if (chunk?.type !== "chunk") throw new Error(`${page} was not built.`);
  return chunk.code;
}
