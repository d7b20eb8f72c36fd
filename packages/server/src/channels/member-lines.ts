import type { Rooms } from "@shoal/contract/rooms";
import type { TopicHandle } from "../channel/topic-handle.ts";
import type { User } from "../user.ts";
import { toPerson } from "./to-person.ts";

interface MemberCall {
  readonly user: User | null;
  /** The room in the hand of the system. */
  readonly topic: Pick<TopicHandle<Rooms>, "send">;
}

/** The hooks by which a room tells who came and who left. Who is not signed in has no name to be told by. */
export function memberLines(joins: boolean) {
  if (!joins) return {};
  return {
    join: ({ user, topic }: MemberCall) => user && topic.send.join({ who: toPerson(user) }),
    leave: ({ user, topic }: MemberCall) => user && topic.send.leave({ who: toPerson(user) }),
  };
}
