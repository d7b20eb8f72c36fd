import type { AnyMigration, CommandLift, Lift } from "@shoal/contract";
import type { StoredEvent } from "../store.ts";

/** An event as today's code reads it. One that is dropped keeps its offset and changes nothing. */
export interface LiftedEvent extends StoredEvent {
  readonly dropped?: true;
}

/** An event's part that a migration speaks of. */
interface Tagged {
  readonly type: string;
  readonly data: unknown;
}

/** What a lift makes of something old; nothing checks it here. */
export function applyLift(lift: Lift<unknown> | undefined, old: unknown, from: number): unknown {
  return typeof lift === "function" ? lift(old, from) : old;
}

/**
 * The event of today that an old one is, or `null` for one that is dropped.
 *
 * @throws {Error} when the migration does not name it
 */
export function liftEvent({ events, former = {} }: AnyMigration, { type, data, version }: StoredEvent): Tagged | null {
  if (Object.hasOwn(events, type)) return { type, data: applyLift(events[type], data, version) };
  const lift = Object.hasOwn(former, type) ? former[type] : undefined;
  if (lift === undefined) throw new Error(`The event "${type}" is declared no more. Name it in \`migrate.former\`.`);
  return lift === null ? null : lift(data, version);
}

/** The parts of a command's lift, whichever way it is written. */
export function partsOf({ commands }: AnyMigration, command: string): Exclude<AnyCommandLift, "same" | Function> {
  const lift = Object.hasOwn(commands, command) ? commands[command] : undefined;
  if (lift === undefined || lift === "same") return {};
  return typeof lift === "function" ? { input: lift } : lift;
}

/** What a command's lift makes of an old input; nothing checks it here. */
export function liftInput(migrate: AnyMigration, command: string, input: unknown, from: number): unknown {
  return applyLift(partsOf(migrate, command).input, input, from);
}

type AnyCommandLift = CommandLift<unknown, unknown, Record<string, unknown>>;
