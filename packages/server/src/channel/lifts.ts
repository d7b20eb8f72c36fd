import { type AnyMigration, type AnyOutcome, type CommandDefinition, parse, type Schema } from "@shoal/contract";
import type { Logger } from "../logger.ts";
import type { CommandRecord, StoredEffect, StoredEvent, StoredSnapshot, StoredTimer, StoredTopic } from "../store.ts";
import type { TopicRef } from "../topic-ref.ts";
import type { AnyPrivate } from "./define-private.ts";
import type { Change, TopicState } from "./fold.ts";
import { applyLift, type LiftedEvent, liftEvent, liftInput, partsOf } from "./lift.ts";
import { Unreadable } from "./unreadable.ts";

export interface LiftsOptions {
  readonly name: string;
  readonly version: number;
  readonly migrate: AnyMigration | undefined;
  readonly state: Schema<unknown>;
  readonly events: Readonly<Record<string, Schema<unknown>>>;
  readonly commands: Readonly<Record<string, CommandDefinition>>;
  readonly private: AnyPrivate | undefined;
  readonly logger: Logger;
}

/** What is lifted, for the log. */
interface Row {
  readonly what: string;
  readonly version: number;
  readonly offset?: number;
}

/** After so many different faults the log may hear of the first ones again. */
const mostTold = 1_000;

/**
 * Brings what other versions of a channel wrote to this code's version, and holds it against today's schemas. What is of this
 * version is given back as it is, which costs a comparison.
 *
 * Every method throws {@link Unreadable} for what is of a newer version, and where the migration fails; the log hears of each row once.
 */
export class Lifts {
  readonly #options: LiftsOptions;
  readonly #told = new Set<string>();

  constructor(options: LiftsOptions) {
    this.#options = options;
  }

  stored(topic: TopicRef, stored: StoredTopic): StoredTopic {
    const { snapshot } = stored;
    const events = this.events(topic, stored.events);
    const current = !snapshot || snapshot.version === this.#options.version;
    if (current && events === stored.events) return stored;
    return { ...stored, snapshot: current ? snapshot : this.#snapshot(topic, snapshot), events };
  }

  events(topic: TopicRef, events: readonly StoredEvent[]): readonly LiftedEvent[] {
    const { version } = this.#options;
    if (events.every((event) => event.version === version)) return events;
    return events.map((event) => (event.version === version ? event : this.#event(topic, event)));
  }

  /** The answer that was recorded for a command, as this version would have given it. */
  outcome(topic: TopicRef, command: string, { outcome, version }: CommandRecord): AnyOutcome {
    if (version === this.#options.version) return outcome;
    const row = { what: `recorded answer of "${command}"`, version };
    return this.#lift(topic, row, (migrate) =>
      outcome.ok
        ? this.#accepted(migrate, command, outcome, version)
        : this.#rejected(migrate, command, outcome, version),
    );
  }

  /** The input of a timer's command. */
  timerInput(topic: TopicRef, { name, command, input, version }: StoredTimer): object {
    if (version === this.#options.version) return input as object;
    return this.#lift(topic, { what: `timer "${name}"`, version }, (migrate) =>
      this.#parseInput(command, liftInput(migrate, command, input, version)),
    );
  }

  /** The input of an effect's command, not yet held against the schema. */
  effectInput({ target, command, input, version }: StoredEffect): unknown {
    if (version === this.#options.version) return input;
    return this.#lift(target, { what: `effect "${command}"`, version }, (migrate) =>
      liftInput(migrate, command, input, version),
    );
  }

  /** Nobody decides on a topic whose timers a newer version armed. */
  refuseNewer(topic: TopicRef, timers: readonly StoredTimer[]): void {
    const newer = timers.find((timer) => timer.version > this.#options.version);
    if (newer) throw this.#newer(topic, { what: `timer "${newer.name}"`, version: newer.version });
  }

  #event(topic: TopicRef, event: StoredEvent): LiftedEvent {
    const { offset, version } = event;
    if (event.redacted && version < this.#options.version) return { ...event, version: this.#options.version };
    return this.#lift(topic, { what: `event "${event.type}"`, offset, version }, (migrate) => {
      const change = liftEvent(migrate, event);
      const lifted = { ...event, version: this.#options.version };
      return change ? { ...lifted, ...this.#checked(change, event) } : { ...lifted, dropped: true };
    });
  }

  #checked({ type, data }: { type: string; data: unknown }, { secret, version }: StoredEvent): Change {
    const { name, events, private: hidden } = this.#options;
    const schema = Object.hasOwn(events, type) ? events[type] : undefined;
    if (!schema) throw new Error(`Channel "${name}" declares no event "${type}".`);
    const what = `event "${name}.${type}"`;
    const secretSchema = hidden?.secrets[type];
    const lifted = hidden && secretSchema && applyLift(hidden.migrate?.secrets[type], secret, version);
    return {
      type,
      data: parse(schema, data, what),
      secret: secretSchema ? parse(secretSchema, lifted, `secret of ${what}`) : null,
    };
  }

  #snapshot(topic: TopicRef, snapshot: StoredSnapshot): StoredSnapshot {
    const { offset, version } = snapshot;
    const { name, state: schema, private: hidden } = this.#options;
    return this.#lift(topic, { what: "snapshot", offset, version }, (migrate) => {
      const old = snapshot.state as TopicState;
      const state = parse(schema, applyLift(migrate.state, old.state, version), `state of "${name}"`);
      const lifted = { ...snapshot, state: { state }, version: this.#options.version };
      // A private part that the older version did not have begins with the fold.
      if (!hidden || old.private === undefined) return lifted;
      const secret = applyLift(hidden.migrate?.state, old.private, version);
      return { ...lifted, state: { state, private: parse(hidden.state, secret, `private state of "${name}"`) } };
    });
  }

  #accepted(
    migrate: AnyMigration,
    command: string,
    { result, ...outcome }: Extract<AnyOutcome, { ok: true }>,
    from: number,
  ): AnyOutcome {
    const schema = this.#options.commands[command]?.result;
    if (!schema) return outcome;
    try {
      const lifted = applyLift(partsOf(migrate, command).result, result, from);
      return { ...outcome, result: parse(schema, lifted, `result of "${this.#options.name}.${command}"`) };
    } catch (error) {
      // A redaction took the result, or the command had none: then there is nothing that must be lifted.
      if (result === undefined) return outcome;
      throw error;
    }
  }

  #rejected(
    migrate: AnyMigration,
    command: string,
    outcome: Extract<AnyOutcome, { ok: false }>,
    from: number,
  ): AnyOutcome {
    const { ok, reason, ...fields } = applyLift(partsOf(migrate, command).rejection, outcome, from) as typeof outcome;
    const schemas = this.#options.commands[command]?.rejections ?? {};
    const schema = Object.hasOwn(schemas, reason) ? schemas[reason] : undefined;
    if (!schema) throw new Error(`The command "${command}" declares no rejection "${reason}".`);
    return { ...(parse(schema, fields, `rejection "${reason}"`) as object), ok, reason };
  }

  #parseInput(command: string, input: unknown): object {
    const schema = this.#options.commands[command]?.input;
    return schema ? (parse(schema, input, `input of "${this.#options.name}.${command}"`) as object) : {};
  }

  #lift<R>(topic: TopicRef, row: Row, run: (migrate: AnyMigration) => R): R {
    const { version, migrate } = this.#options;
    if (row.version > version || !migrate) throw this.#newer(topic, row);
    try {
      return run(migrate);
    } catch (error) {
      const message = `the migration of a channel failed: its ${row.what} of version ${row.version} cannot be read`;
      this.#tell("error", topic, row, { error }, message);
      throw new Unreadable("The server cannot read what an older version wrote. Try again later.", { cause: error });
    }
  }

  #newer(topic: TopicRef, row: Row): Unreadable {
    this.#tell("warn", topic, row, {}, "a topic is of a newer version than this code, which leaves it to newer nodes");
    return new Unreadable("This server is of an older version than the topic. Try again, to reach a newer one.");
  }

  #tell(level: "warn" | "error", topic: TopicRef, { what, ...row }: Row, fields: object, message: string): void {
    const key = JSON.stringify([topic.id, what, row]);
    if (this.#told.has(key)) return;
    if (this.#told.size >= mostTold) this.#told.clear();
    this.#told.add(key);
    this.#options.logger[level]({ ...fields, topic: topic.id, what, ...row, today: this.#options.version }, message);
  }
}
