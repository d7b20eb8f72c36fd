import type { Sender } from "@shoal/contract";

/**
 * Who calls, as the application says. `id` and `name` are what others may see (as members of a topic, as the sender of a
 * broadcast); anything else stays on the server. Users of different tenants never meet on a topic.
 */
export interface User {
  readonly id: string;
  readonly name?: string | undefined;
  readonly tenant?: string | undefined;
}

/** The part of a user that others may see. */
export function toSender(user: User | null): Sender | null {
  if (!user) return null;
  return user.name === undefined ? { id: user.id } : { id: user.id, name: user.name };
}
