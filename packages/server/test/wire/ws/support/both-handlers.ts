import { applyWSSHandler as ours } from "@shoal/server/ws";
import { applyWSSHandler as theirs } from "@trpc/server/adapters/ws";
import { expect } from "vitest";
import type { Apply } from "./plain-app.ts";

/** What is said of both of them is what an application may count on that changes its import. */
export const handlers: readonly (readonly [string, Apply])[] = [
  ["tRPC's handler", theirs],
  ["Shoal's handler", ours],
];

export const ask = (id: unknown, method: string, path: string, input?: unknown, more: object = {}): string =>
  JSON.stringify({ id, ...more, method, params: { path, ...(input === undefined ? {} : { input }) } });

export const stop = (id: number): string => JSON.stringify({ id, method: "subscription.stop" });

export const refused = (id: unknown, message: unknown, code: string, path?: string) => ({
  id,
  error: {
    message,
    code: expect.any(Number),
    data: { code, httpStatus: expect.any(Number), ...(path && { path }), name: "ann" },
  },
});
