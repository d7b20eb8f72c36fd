import type { Position } from "@shoal/contract";
import type { Gate } from "../security/gate.ts";
import type { Question } from "../security/question.ts";
import type { RunningWatch } from "../security/running-watch.ts";
import type { Caller } from "./access.ts";
import type { Seating } from "./audience-feeds.ts";
import type { FrameSink } from "./frame-sink.ts";
import type { LiveTopic } from "./live-topic.ts";
import type { MemberRequest } from "./requests.ts";
import type { Held } from "./topics.ts";

/** A subscription that is about to begin, for somebody who was admitted. */
export interface WatchRequest {
  readonly gate: Gate;
  readonly hold: () => Promise<Held>;
  /** What was asked of `authorize`. */
  readonly question: Question | undefined;
  readonly position: Position | null;
  /** Makes its client a member. */
  readonly member: MemberRequest | undefined;
  /** The audience that it asked for. */
  readonly asked: string | undefined;
  readonly seating: (caller: Caller) => Seating;
  /** Hears of a subscriber who has been let in. @returns what is called once, when it has gone, if anything is */
  readonly subscribed: (live: LiveTopic) => (() => void) | undefined;
}

/** Subscribes a sink, and keeps the topic as long as it lasts. What ends it meanwhile ends it before anything was pushed. */
export async function openWatch(
  { gate, hold, question, position, member, asked, seating, subscribed }: WatchRequest,
  sink: FrameSink,
  caller: Caller,
  graceMs: number,
): Promise<RunningWatch> {
  const held = await hold();
  let watch: RunningWatch | undefined;
  try {
    const live = await held.live;
    held.keep();
    const running = await gate.enter({ live, sink, caller, question, graceMs, held, asked });
    watch = running;
    running.insist();
    if (member) running.onEnd(live.presence.join(caller, member.clientId, member.state));
    await live.join(sink, position, seating(caller), () => running.insist());
    running.opened();
    const gone = caller.hook ? undefined : subscribed(live);
    if (gone) running.onEnd(gone);
    return running;
  } catch (error) {
    watch?.detach();
    held.done();
    throw error;
  }
}
