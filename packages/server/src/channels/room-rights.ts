import { maxRoles, type RoomRole, type Rooms } from "@shoal/contract/rooms";

type Roles = Rooms["state"]["roles"];

const ranks: Readonly<Record<RoomRole, number>> = { member: 0, moderator: 1, owner: 2 };

/** Who acts in a room: `chief` is a moderator of the application, who may do what an owner may. */
export interface RoomActor {
  readonly id: string;
  readonly chief: boolean;
}

/** Whether they may do what is a moderator's: rename the room, and edit and remove what others said. */
export function moderates(roles: Roles, actor: RoomActor | null): boolean {
  return rankOf(roles, actor) >= ranks.moderator;
}

/**
 * Why they may not give `to` that role; null when they may. Nobody grants more than they are, or changes somebody who is more, and a
 * room that has an owner keeps one.
 */
export function whyNotGrant(
  roles: Roles,
  actor: RoomActor | null,
  to: string,
  role: RoomRole,
): "NOT_ALLOWED" | "LAST_OWNER" | "TOO_MANY" | null {
  const rank = rankOf(roles, actor);
  const before = roleOf(roles, to);
  if (rank < ranks.moderator || rank < ranks[role] || rank < ranks[before]) return "NOT_ALLOWED";
  const owners = roles.filter((one) => one.role === "owner").length;
  if (before === "owner" && role !== "owner" && owners === 1) return "LAST_OWNER";
  if (before === "member" && role !== "member" && roles.length >= maxRoles) return "TOO_MANY";
  return null;
}

function roleOf(roles: Roles, id: string): RoomRole {
  return roles.find(({ person }) => person.id === id)?.role ?? "member";
}

function rankOf(roles: Roles, actor: RoomActor | null): number {
  if (!actor) return ranks.member;
  return actor.chief ? ranks.owner : ranks[roleOf(roles, actor.id)];
}
