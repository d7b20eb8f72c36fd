export type { CreateHTTP2ContextOptions, CreateHTTPContextOptions } from "@trpc/server/adapters/standalone";
export * from "./create-http-handler.ts";
export type { StreamLimits } from "./limits.ts";
