import type { Logger } from "../logger.ts";
import type { Caller } from "./access.ts";
import type { After } from "./after.ts";
import type { LiveTopic } from "./live-topic.ts";

export interface LiveTopicOptions {
  readonly logger: Logger;
  /** How many recent events are held for those who come back. */
  readonly ring: number;
  /** How many events a resumption replays at most; who misses more gets a snapshot. */
  readonly maxReplay: number;
  /**
   * What paced audiences wait by.
   * @default this machine's timers
   */
  readonly after?: After | undefined;
  /** Called after the state changed. */
  readonly changed: (live: LiveTopic) => void;
  /** Hears of a new member on this node. @returns what is called once, when they are gone */
  readonly joined: (live: LiveTopic, memberId: string, caller: Caller) => () => void;
  /** Called when the log could not be read to its end. Whoever hears it calls {@link LiveTopic.readOn} again, later. */
  readonly stuck: (live: LiveTopic, error: unknown) => void;
}
