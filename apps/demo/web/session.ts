import { createTRPCClient, httpLink } from "@trpc/client";
import superjson from "superjson";
import * as z from "zod/mini";
import type { AppRouter } from "../server/api.ts";

const key = "shoal-session";

const schema = z.object({
  token: z.string(),
  user: z.object({ id: z.string(), name: z.string() }),
  renewAt: z.number(),
});

/** Who is signed in, and what proves it. */
export type Session = z.output<typeof schema>;

const trpc = createTRPCClient<AppRouter>({
  links: [
    httpLink({
      url: "/trpc",
      transformer: superjson,
      headers: ({ op: { context } }) =>
        typeof context.token === "string" ? { authorization: `Bearer ${context.token}` } : {},
    }),
  ],
});

/** Signing in is a plain call of the application's tRPC. */
export async function createSession(name: string): Promise<Session> {
  return await trpc.session.create.mutate({ name });
}

/**
 * A token of whoever signed in with `session`: the newest that this browser has, or another one of the server where it is time.
 *
 * @param now - the server's time, in milliseconds since the epoch
 */
export async function tokenOf(session: Session, now: number): Promise<string> {
  const { token, renewAt } = newest(session) ?? session;
  if (now < renewAt) return token;
  try {
    const renewed = await trpc.session.renew.mutate(undefined, { context: { token } });
    // Who has signed out meanwhile stays signed out.
    if (newest(session)) storeSession(renewed);
    return renewed.token;
  } catch {
    // The connection tells what is wrong: that there is none, or that the server takes this token no more.
    return token;
  }
}

/** The session as this tab or another one has renewed it. */
function newest({ user }: Session): Session | null {
  const stored = storedSession();
  return stored?.user.id === user.id ? stored : null;
}

/** The session that this browser keeps, if it does. */
export function storedSession(): Session | null {
  try {
    return schema.parse(JSON.parse(localStorage.getItem(key) ?? "null"));
  } catch {
    return null;
  }
}

export function storeSession(session: Session | null): void {
  if (session) localStorage.setItem(key, JSON.stringify(session));
  else localStorage.removeItem(key);
}

/** Calls `listener` when another tab has signed in or out, or has renewed the session. */
export function onSessionElsewhere(listener: () => void): void {
  window.addEventListener("storage", (event) => {
    if (event.key === key || event.key === null) listener();
  });
}
