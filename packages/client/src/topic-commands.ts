import type { AnyFrame, AnyOutcome, Sender } from "@shoal/contract";
import { v7 as uuidv7 } from "uuid";
import type { LooseChannel } from "./loose.ts";
import {
  accept,
  confirm,
  type Predictions,
  predict,
  predictedState,
  type SentCommand,
  unanswered,
  withdraw,
} from "./predictions.ts";
import { sameItems } from "./same.ts";
import type { CommandOptions } from "./topic.ts";

export interface TopicCommandsOptions {
  readonly contract: LooseChannel;
  readonly user: () => Sender | null;
  /** The server's time in milliseconds, as far as it is known. */
  now(): number;
  /** Where the replica is; infinite where no event will come that could show a command's effect. */
  offset(): number;
  /** Called when what is pending has changed. */
  changed(): void;
  mutate(command: string, input: object, signal: AbortSignal | undefined): Promise<unknown>;
}

/** The commands of one topic: sends them, and shows their effect until the replica does. */
export class TopicCommands {
  readonly #options: TopicCommandsOptions;
  #predictions: Predictions = [];
  #shown:
    | { readonly confirmed: unknown; readonly commands: readonly SentCommand[]; readonly state: unknown }
    | undefined;

  constructor(options: TopicCommandsOptions) {
    this.#options = options;
  }

  get pending(): number {
    return this.#predictions.length;
  }

  async send(
    command: string,
    input: object,
    { commandId = uuidv7(), signal }: CommandOptions = {},
  ): Promise<AnyOutcome> {
    const { user, now, offset, mutate } = this.#options;
    this.#set(predict(this.#predictions, { commandId, command, input, user: user(), now: now() }));
    try {
      const outcome = (await mutate(command, { ...input, commandId }, signal)) as AnyOutcome;
      if (outcome.ok) this.#set(accept(this.#predictions, commandId, outcome.offset, offset()));
      else this.#set(withdraw(this.#predictions, commandId));
      return outcome;
    } catch (error) {
      this.#set(withdraw(this.#predictions, commandId));
      throw error;
    }
  }

  /** To be called after each frame, with where the replica then is. */
  confirm(frame: AnyFrame, offset: number): void {
    this.#predictions = confirm(this.#predictions, frame, offset);
  }

  /** To be called when no more frames will come: what the server has answered is pending no more. */
  rest(): void {
    this.#predictions = unanswered(this.#predictions);
  }

  /** The confirmed state with the pending commands over it. It keeps its reference until one of them changes. */
  show(confirmed: unknown): unknown {
    const commands = this.#predictions.map(({ sent }) => sent);
    if (!this.#shown || this.#shown.confirmed !== confirmed || !sameItems(this.#shown.commands, commands)) {
      this.#shown = { confirmed, commands, state: predictedState(this.#options.contract, confirmed, commands) };
    }
    return this.#shown.state;
  }

  #set(predictions: Predictions): void {
    this.#predictions = predictions;
    this.#options.changed();
  }
}
