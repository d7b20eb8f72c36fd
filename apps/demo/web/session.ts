import { createTRPCClient, httpLink } from "@trpc/client";
import superjson from "superjson";
import * as z from "zod/mini";
import type { AppRouter } from "../server/api.ts";

const key = "shoal-session";

const schema = z.object({ token: z.string(), user: z.object({ id: z.string(), name: z.string() }) });

/** Who is signed in, and what proves it. */
export type Session = z.output<typeof schema>;

const trpc = createTRPCClient<AppRouter>({ links: [httpLink({ url: "/trpc", transformer: superjson })] });

/** Signing in is a plain call of the application's tRPC. */
export async function createSession(name: string): Promise<Session> {
  return await trpc.session.create.mutate({ name });
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

/** Calls `listener` when another tab has signed in or out. */
export function onSessionElsewhere(listener: () => void): void {
  window.addEventListener("storage", (event) => {
    if (event.key === key || event.key === null) listener();
  });
}
