import { type ChannelTypes, type CommandInput, parse, type TaggedEvent } from "@shoal/contract";
import * as fc from "fast-check";
import { type Command, type Decision, decide } from "../channel/decide.ts";
import { type Definition, toDefinition } from "../channel/definition.ts";
import { type Change, type Folded, foldStored } from "../channel/fold.ts";
import type { AnyServed, ServedChannel } from "../channel/serve-options.ts";
import { topicRef } from "../topic-ref.ts";
import type { User } from "../user.ts";

/** A command as somebody sends it. */
export type LawCommand<T extends ChannelTypes> = {
  [K in keyof T["commands"]]: {
    readonly command: K;
    readonly input: CommandInput<T, K>;
    /** @default null */
    readonly user?: User | null;
  };
}[keyof T["commands"]];

/** An event in its place, with the secret that it carries. */
export type LawEvent<T extends ChannelTypes> = TaggedEvent<T["events"]> & {
  readonly offset: number;
  readonly secret: unknown;
};

/** What the law of redaction is tried with. */
export interface RedactionLawOptions<T extends ChannelTypes> {
  readonly params: T["params"];
  /** Any command that can be sent. Those that are rejected are passed over. */
  readonly commands: fc.Arbitrary<LawCommand<T>>;
  /** The command that redacts an event; `null` for one that nobody redacts. */
  readonly redact: (event: LawEvent<T>) => LawCommand<T> | null;
  /** What the event says and nobody may find any more. Make them long enough that they are not found by accident. */
  readonly texts: (event: LawEvent<T>) => readonly string[];
  /**
   * How fast-check runs: `seed` and `path` to run a failure again, `numRuns`.
   * @default what fast-check has
   */
  readonly run?: fc.Parameters<[LawCommand<T>[]]>;
}

type AnyLawCommand = { readonly command: string; readonly input: unknown; readonly user?: User | null };

/**
 * The law of redaction: what a redacted event said is out of the state, out of the private state, and not in the event that redacts it,
 * unless another event says it too. The commands are decided by the channel's handlers, without `prepare` and `load`.
 *
 * @throws with the commands that break it, and the seed
 */
export function checkRedaction<T extends ChannelTypes>(
  served: ServedChannel<T, never, never>,
  { params, commands, redact, texts, run }: RedactionLawOptions<T>,
): void {
  const definition = toDefinition(served as AnyServed);
  const law = (sent: LawCommand<T>[]): void => {
    const topic = new LawTopic(definition, params);
    for (const command of sent) topic.send(command as AnyLawCommand);
    for (const event of topic.log as unknown as readonly LawEvent<T>[]) {
      const command = redact(event);
      if (command) expectGone(topic, event.offset, command as AnyLawCommand, texts(event));
    }
  };
  fc.assert(fc.property(fc.array(commands), law), { includeErrorInReport: true, ...run });
}

/** A topic as its commands leave it, kept nowhere. */
class LawTopic {
  readonly #definition: Definition;
  readonly #params: object;
  /** Every event that was not redacted. */
  log: (Change & { readonly offset: number })[] = [];
  #folded: Folded;
  #sent = 0;

  constructor(definition: Definition, params: object) {
    this.#definition = definition;
    this.#params = params;
    const nothing = { epoch: "law", snapshot: null, events: [] };
    this.#folded = foldStored(definition, topicRef(definition.name, null, params), nothing);
  }

  send(command: AnyLawCommand): void {
    const { events, redacts, after } = this.decide(command);
    const { offset } = this.#folded;
    const placed = events.map((event, index) => ({ ...event, offset: offset + 1 + index }));
    this.#folded = { ...this.#folded, ...after, offset: offset + events.length };
    this.log = [...this.log.filter((event) => !redacts.includes(event.offset)), ...placed];
  }

  decide({ command: name, input, user = null }: AnyLawCommand): Decision {
    this.#sent += 1;
    const schema = this.#definition.commands[name]?.input;
    const parsed = schema ? (parse(schema, input, `input of "${this.#definition.name}.${name}"`) as object) : {};
    const command: Command = { name, input: parsed, user, sender: null, commandId: `law-${this.#sent}` };
    return decide(this.#definition, this.#params, this.#folded, command, this.#sent);
  }
}

function expectGone(topic: LawTopic, offset: number, command: AnyLawCommand, texts: readonly string[]): void {
  const { after, events, redacts, verdict } = topic.decide(command);
  if (!verdict.ok) return;
  if (!redacts.includes(offset)) throw new Error(`"${command.command}" is to redact event ${offset}, and does not.`);
  const others = topic.log.filter((event) => !redacts.includes(event.offset));
  for (const text of texts) {
    if (text === "" || says(others, text)) continue;
    if (says(after, text))
      throw new Error(`The state still says ${JSON.stringify(text)} of the redacted event ${offset}.`);
    if (says(events, text)) throw new Error(`The redacting event says ${JSON.stringify(text)} of the event ${offset}.`);
  }
}

function says(value: unknown, text: string): boolean {
  return JSON.stringify(value).includes(JSON.stringify(text).slice(1, -1));
}
