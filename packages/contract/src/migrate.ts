import type { TaggedEvent } from "./frame.ts";
import type { Bare, Rejected } from "./outcome.ts";

/** What an older version of a channel wrote or sent. Today's code does not know its type; what is made of it is checked. */
// biome-ignore lint/suspicious/noExplicitAny: it is whatever an older contract declared, and is read field by field
export type Old = any;

/**
 * Brings what an older version wrote to today's. `"same"` when it fits as it was; it is checked by today's schema in either case.
 *
 * @param from - the version that wrote it
 */
export type Lift<Today> = "same" | ((old: Old, from: number) => Today);

/** Brings what an older version sent as a command, or was answered, to today's. A function alone is one for the input. */
export type CommandLift<Input, Result, Rejections> =
  | "same"
  | ((input: Old, from: number) => Input)
  | {
      /** @default "same" */
      readonly input?: Lift<Input>;
      /**
       * For an answer that is given again.
       * @default "same"
       */
      readonly result?: Lift<Result>;
      /**
       * For a rejection that is given again: `{ ok: false, reason, … }`.
       * @default "same"
       */
      readonly rejection?: Lift<Rejected<Rejections>>;
    };

/** Brings what older versions of a channel wrote to today's: pure, and complete, so that nothing is forgotten. */
export interface Migration<S, E, CI, CO, R, J> {
  /** Each of today's events, as an older version wrote it. */
  readonly events: { readonly [K in keyof E]: Lift<Bare<E[K]>> };
  /** The state, as an older version kept it in a snapshot. It must be what the lifted events lead to. */
  readonly state: Lift<S>;
  /** Each of today's commands, as an older client or timer sent it. */
  readonly commands: {
    readonly [K in keyof CO]: CommandLift<
      K extends keyof CI ? Bare<CI[K]> : {},
      K extends keyof R ? R[K] : unknown,
      K extends keyof J ? J[K] : {}
    >;
  };
  /** Events that are declared no more: the event of today that each becomes, or `null` to drop it and keep its offset. */
  readonly former?: { readonly [type: string]: null | ((data: Old, from: number) => TaggedEvent<E>) };
}

/** What a channel's functions must have from version 2 on. */
export interface NeedsMigrate<S, E, CI, CO, R, J> {
  /** How what older versions wrote is read. */
  readonly migrate: Migration<S, E, CI, CO, R, J>;
}

/** A migration as it stands at run time. */
export interface AnyMigration {
  readonly events: Readonly<Record<string, Lift<unknown>>>;
  readonly state: Lift<unknown>;
  readonly commands: Readonly<Record<string, CommandLift<unknown, unknown, Record<string, unknown>>>>;
  readonly former?: Readonly<Record<string, null | ((data: Old, from: number) => { type: string; data: unknown })>>;
}
