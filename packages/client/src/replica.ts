import type { AnyFrame } from "@shoal/contract";
import type { LooseChannel } from "./loose.ts";
import { foldPresence, type Members } from "./members.ts";

/** What the server has told of a topic: the state after event `offset`, and who is there. */
export interface Replica {
  readonly state: unknown;
  readonly offset: number;
  /** The time of the last event, in milliseconds by the server's clock. */
  readonly at: number;
  readonly members: Members;
}

/**
 * The replica after a frame, which the given one is left as it was for. Every event is applied once and in order.
 *
 * @returns undefined when the frame does not follow: something is missing, and only a snapshot can tell what
 */
export function reduce(channel: LooseChannel, replica: Replica | undefined, frame: AnyFrame): Replica | undefined {
  if (frame.kind === "snapshot") {
    return { state: frame.state, offset: frame.offset, at: frame.at, members: replica?.members ?? [] };
  }
  if (!replica) return undefined;
  switch (frame.kind) {
    case "events":
      return applyEvents(channel, replica, frame);
    case "presence":
      return { ...replica, members: foldPresence(replica.members, frame) };
    default:
      return replica;
  }
}

function applyEvents(
  channel: LooseChannel,
  replica: Replica,
  frame: Extract<AnyFrame, { kind: "events" }>,
): Replica | undefined {
  if (frame.from !== replica.offset + 1 || frame.to < frame.from) return undefined;
  let { state, at } = replica;
  for (const event of frame.events) {
    const apply = channel.apply[event.type];
    if (!apply)
      throw new TypeError(`The channel "${channel.name}" has no event "${event.type}" in this client's contract.`);
    state = apply(state, event.data);
    at = event.at;
  }
  return { ...replica, state, offset: frame.to, at };
}
