import type { RoomRole } from "@shoal/contract/rooms";
import type { UseRoom } from "@shoal/react/rooms";

type State = NonNullable<UseRoom["state"]>;

/** What somebody is in a room. */
export function roleOf({ roles }: Pick<State, "roles">, userId: string): RoomRole {
  return roles.find(({ person }) => person.id === userId)?.role ?? "member";
}

/** The roles that one may give to somebody, beside the one that they have. The server has the last word. */
export function grantable(mine: RoomRole, theirs: RoomRole): readonly RoomRole[] {
  if (mine === "member" || (mine === "moderator" && theirs === "owner")) return [];
  const all: readonly RoomRole[] = mine === "owner" ? ["owner", "moderator", "member"] : ["moderator", "member"];
  return all.filter((role) => role !== theirs);
}
