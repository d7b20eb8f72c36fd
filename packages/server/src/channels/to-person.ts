import type { Person } from "@shoal/contract/rooms";
import type { User } from "../user.ts";

/** A user as others see them: who has no name is called by the id. */
export function toPerson({ id, name }: User): Person {
  return { id, name: name ?? id };
}
