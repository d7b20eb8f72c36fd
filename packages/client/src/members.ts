import type { Member, PresenceFrame } from "@shoal/contract";

export type Members = readonly Member<unknown>[];

/** Who is here after the frame. Those who stay keep their places, those who join come last. */
export function foldPresence(members: Members, frame: PresenceFrame<unknown>): Members {
  const found = new Map((frame.full ?? members).map((member) => [member.id, member]));
  for (const member of [...(frame.joined ?? []), ...(frame.updated ?? [])]) found.set(member.id, member);
  for (const id of frame.left ?? []) found.delete(id);
  // Nobody here and nobody here before is no change.
  return found.size === 0 && members.length === 0 ? members : [...found.values()];
}
