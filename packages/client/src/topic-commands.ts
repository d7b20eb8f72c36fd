import type { AnyFrame, AnyOutcome } from "@shoal/contract";
import type { ClientUser } from "./client-options.ts";
import type { CommandQueue } from "./command-queue.ts";
import type { LooseChannel } from "./loose.ts";
import { newCommandId } from "./new-command-id.ts";
import {
  accept,
  confirm,
  depart,
  ofUser,
  type Predictions,
  predict,
  predictedState,
  type SentCommand,
  shownCommands,
  unanswered,
  withdraw,
} from "./predictions.ts";
import { sameItems } from "./same.ts";
import type { CommandOptions } from "./topic.ts";

export interface TopicCommandsOptions {
  readonly contract: LooseChannel;
  readonly queue: Pick<CommandQueue, "add">;
  /** What tells this topic from others. */
  readonly lane: string;
  readonly user: () => ClientUser | null;
  /** Whose view is shown. */
  userKey(): string | undefined;
  /** The server's time in milliseconds, as far as it is known. */
  now(): number;
  /** Where the replica is; undefined where there is none. */
  offset(): number | undefined;
  /** Whether events will come that can show a command's effect. */
  watched(): boolean;
  /** Called when what is pending has changed. */
  changed(): void;
  mutate(command: string, input: object, signal: AbortSignal): Promise<unknown>;
}

/** The commands of one topic: gives them to the queue, and shows their effect until the replica does. */
export class TopicCommands {
  readonly #options: TopicCommandsOptions;
  #predictions: Predictions = [];
  #shown:
    | { readonly confirmed: unknown; readonly commands: readonly SentCommand[]; readonly state: unknown }
    | undefined;

  constructor(options: TopicCommandsOptions) {
    this.#options = options;
  }

  /** How many commands of the user have an effect still to come. */
  get pending(): number {
    return this.#own.length;
  }

  /** Whether any command, of whichever user, has an effect still to come. */
  get busy(): boolean {
    return this.#predictions.length > 0;
  }

  async send(
    command: string,
    given: object,
    { commandId = newCommandId(), signal }: CommandOptions = {},
  ): Promise<AnyOutcome> {
    const { queue, lane, user, now, offset, mutate } = this.#options;
    // Sent again, it must be what it was, whatever becomes of the object that was given.
    const input = { ...given };
    this.#set(predict(this.#predictions, { commandId, command, input, user: user(), now: now() }));
    return queue.add({
      lane,
      signal,
      send: (attempt) => mutate(command, { ...input, commandId }, attempt),
      departed: () => this.#set(depart(this.#predictions, commandId, offset() ?? 0)),
      known: (outcome) => this.#known(commandId, outcome),
    });
  }

  /** To be called after each frame, with where the replica then is. */
  confirm(frame: AnyFrame, offset: number): void {
    this.#predictions = confirm(this.#predictions, frame, offset);
  }

  /** To be called when no more frames will come: what the server has answered is pending no more. */
  rest(): void {
    this.#predictions = unanswered(this.#predictions);
  }

  /** The confirmed state with the pending commands of the user over it. It keeps its reference until one of them changes. */
  show(confirmed: unknown): unknown {
    const commands = shownCommands(this.#own);
    if (!this.#shown || this.#shown.confirmed !== confirmed || !sameItems(this.#shown.commands, commands)) {
      this.#shown = { confirmed, commands, state: predictedState(this.#options.contract, confirmed, commands) };
    }
    return this.#shown.state;
  }

  get #own(): Predictions {
    return ofUser(this.#predictions, this.#options.userKey());
  }

  #known(commandId: string, outcome: AnyOutcome | undefined): void {
    const { offset, watched } = this.#options;
    const at = watched() ? (offset() ?? -1) : Number.POSITIVE_INFINITY;
    this.#set(
      outcome?.ok ? accept(this.#predictions, commandId, outcome.offset, at) : withdraw(this.#predictions, commandId),
    );
  }

  #set(predictions: Predictions): void {
    if (predictions === this.#predictions) return;
    this.#predictions = predictions;
    this.#options.changed();
  }
}
