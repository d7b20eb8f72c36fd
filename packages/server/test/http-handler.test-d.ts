import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import { createHTTP2Handler, createHTTPHandler, createHTTPServer } from "@shoal/server/sse";
import { initTRPC } from "@trpc/server";
import type { CreateExpressContextOptions } from "@trpc/server/adapters/express";
import { type CreateHTTPContextOptions, createHTTPHandler as theirs } from "@trpc/server/adapters/standalone";
import type { CreateWSSContextFnOptions } from "@trpc/server/adapters/ws";
import type { Request, Response } from "express";
import { expectTypeOf } from "vitest";

interface Context {
  readonly name: string | undefined;
}

const t = initTRPC.context<Context>().create();
const router = t.router({ hello: t.procedure.query(({ ctx }) => ctx.name) });
const plain = initTRPC.create();
const nobody = plain.router({ hello: plain.procedure.query(() => "hello") });

// What tRPC's handler takes is taken, and made into the same.
expectTypeOf(createHTTPHandler({ router: nobody })).toEqualTypeOf<RequestListener>();
expectTypeOf(theirs({ router: nobody })).toEqualTypeOf<RequestListener>();
createServer(
  createHTTPHandler({
    router,
    basePath: "/trpc/",
    maxBodySize: 1_000,
    createContext({ req, res, info }) {
      expectTypeOf(req).toEqualTypeOf<IncomingMessage>();
      expectTypeOf(res).toEqualTypeOf<ServerResponse>();
      return { name: info.connectionParams?.name ?? req.headers.authorization };
    },
    onError({ req, ctx, error }) {
      expectTypeOf(req).toEqualTypeOf<IncomingMessage>();
      console.log(req.url, ctx?.name, error.code);
    },
    middleware: (req, res, next) => (req.method === "OPTIONS" ? res.end() : next()),
    pingMs: false,
    queue: 10,
  }),
);
createHTTPServer({ router, createContext: () => ({ name: "Ann" }) }).listen(0);
createHTTP2Handler({ router, createContext: ({ req }) => ({ name: req.authority }) });

// One context for both transports, as applications have it.
const forBoth = ({ req }: CreateHTTPContextOptions | CreateWSSContextFnOptions) => ({ name: req.headers.cookie });
createHTTPHandler({ router, createContext: forBoth });

// A context that is made of a framework's request.
const forExpress = createHTTPHandler({
  router,
  createContext: ({ req }: CreateExpressContextOptions) => ({ name: req.get("cookie") }),
});
expectTypeOf(forExpress).parameters.toEqualTypeOf<[Request, Response]>();

// @ts-expect-error the router's context needs to be made
createHTTPHandler({ router });

// @ts-expect-error the context has no name
createHTTPHandler({ router, createContext: () => ({}) });

// @ts-expect-error no such option
createHTTPHandler({ router: nobody, maxBuffered: 1 });
