import { randomUUID } from "node:crypto";
import * as z from "zod/mini";
import { displayName } from "../contract/display-name.ts";
import type { Sessions } from "./sessions.ts";
import { t } from "./trpc.ts";

/** Signing in: open to everybody, also to those whose token is not good any more. */
export function sessionRouter(sessions: Sessions) {
  return t.router({
    create: t.procedure.input(z.object({ name: displayName })).mutation(async ({ input: { name } }) => {
      const user = { id: randomUUID(), name };
      return { user, token: await sessions.issue(user) };
    }),
  });
}
