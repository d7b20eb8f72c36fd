import type { ClientUser } from "./client-options.ts";

/** Names a user within one client, undefined for nobody. Somebody in another tenant is another user: topics there are others. */
export function userKey(user: ClientUser | null): string | undefined {
  return user ? JSON.stringify([user.tenant ?? null, user.id]) : undefined;
}
