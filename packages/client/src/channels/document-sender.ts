import { type CommandOutcome, ShoalError } from "@shoal/contract";
import type { Documents } from "@shoal/contract/documents";
import { fromBase64, toBase64 } from "lib0/buffer";
import type * as Y from "yjs";
import { newCommandId } from "../new-command-id.ts";
import type { Send } from "../topic.ts";
import { type DocumentFailure, failureFor, failureOfError, failureOfRejection } from "./document-failure.ts";
import { clockIn, lackOf } from "./document-lack.ts";
import {
  acknowledge,
  changesIn,
  emptyOutbox,
  isEmpty,
  type Outbox,
  type Parcel,
  put,
  replaceAll,
  send,
} from "./document-outbox.ts";
import type { UpdateLimits } from "./document-pieces.ts";

type Outcome = CommandOutcome<Documents, "edit">;
type OutOfOrder = Extract<Outcome, { readonly reason: "OUT_OF_ORDER" }>;

/** In base64, and with what is around it, it is far below what a message may be. */
const editLimits: UpdateLimits = { bytes: 48 * 1024, clients: 16 };

/** How long to wait before an edit is given again that could not even wait to be sent, in milliseconds. */
const pause = 1_000;

/** How long the state may take to show what the server says that it has, in milliseconds. */
const patience = 10_000;

/** What the server has of the document, as far as it is known here. */
export interface ServerCopy {
  readonly offset: number;
  /** All of its updates, as base64. */
  readonly updates: () => readonly string[];
}

export interface DocumentSenderOptions {
  readonly doc: Y.Doc;
  readonly edit: Send<Documents>["edit"];
  /** What the server has; undefined while that is not known, or nothing may be sent. */
  readonly copy: () => ServerCopy | undefined;
  /** Called when what waits has changed. */
  readonly changed: () => void;
  /** Called when the server takes no more. */
  readonly failed: (failure: DocumentFailure) => void;
}

/**
 * Brings the user's transactions to the server, in the order in which they were made, one parcel at a time. A parcel is one command, which is the
 * same one however often it is sent.
 *
 * Where the server's copy is not what these transactions were made on, as after it was reset, they are replaced by what that copy lacks.
 */
export class DocumentSender {
  readonly #options: DocumentSenderOptions;
  #outbox: Outbox = emptyOutbox;
  /** Where the server's copy was with the last parcel that was acknowledged. */
  #acknowledged = 0;
  /** What the server's copy must have, before what it lacks can be known. */
  #comparing: { readonly client?: number; readonly clock?: number } | undefined;
  /** Whether what is sent was compared already, and nothing was acknowledged since. */
  #compared = false;
  /** Until the parcel is given again, or the server's copy has what it says. */
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Whether what waits is sent at the end of this turn. */
  #pumping = false;
  #ended = false;
  #idle: (() => void)[] = [];

  constructor(options: DocumentSenderOptions) {
    this.#options = options;
  }

  /** How many transactions the server has not acknowledged. */
  get changes(): number {
    return changesIn(this.#outbox);
  }

  /** Sends a transaction after those before, together with the others of this turn. */
  put(update: Uint8Array): void {
    this.#become(put(this.#outbox, update));
    if (this.#pumping) return;
    this.#pumping = true;
    queueMicrotask(() => {
      this.#pumping = false;
      this.pump();
    });
  }

  /** To be called when the server's copy is not the one on which the transactions were made. */
  compare(anew = false): void {
    if (anew) this.#acknowledged = 0;
    // What a copy was to have is not for another one to have.
    this.#comparing = (!anew && this.#comparing) || {};
    this.pump();
  }

  /** Sends what waits, where that is possible. To be called whenever the server's copy has changed. */
  pump(): void {
    const copy = this.#options.copy();
    if (this.#ended || !copy || this.#outbox.sending) return;
    if (this.#comparing && !this.#compare(copy)) return;
    this.#become(send(this.#outbox, newCommandId(), editLimits));
    if (this.#outbox.sending) void this.#send();
  }

  /** Resolves when all that waits now is acknowledged; at once where nothing is sent any more. */
  idle(): Promise<void> {
    if (this.#ended || this.#isIdle) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  /** Gives up what waits: the server takes no more. */
  stop(): void {
    this.#ended = true;
    clearTimeout(this.#timer);
    this.#tellIdle();
  }

  /**
   * Gives all that waits to the client's own queue, to be sent while nobody looks at the document any more. What is on its way is given again
   * before it: the queue may have let go of it without anybody having heard so, and the same command again has one effect.
   */
  leave(): void {
    if (this.#ended) return;
    this.stop();
    // Nobody is left to hear of it.
    const give = ({ update, commandId }: Parcel) => void this.#edit(update, commandId).catch(() => {});
    if (this.#outbox.sending) give(this.#outbox.sending);
    for (let rest = acknowledge(this.#outbox); rest.waiting.length > 0; rest = acknowledge(rest)) {
      rest = send(rest, newCommandId(), editLimits);
      if (rest.sending) give(rest.sending);
    }
  }

  get #isIdle(): boolean {
    return isEmpty(this.#outbox) && !this.#comparing;
  }

  async #send(): Promise<void> {
    const parcel = this.#outbox.sending;
    if (!parcel || this.#ended) return;
    try {
      const outcome = await this.#edit(parcel.update, parcel.commandId);
      if (!this.#ended) this.#answered(outcome);
    } catch (error) {
      if (!this.#ended) this.#threw(error);
    }
  }

  #answered(outcome: Outcome): void {
    if (outcome.ok) {
      // While it is not known which copy it is in, the copy itself has to tell.
      if (!this.#comparing) this.#acknowledged = outcome.offset;
      this.#compared = false;
      this.#become(acknowledge(this.#outbox));
      this.pump();
    } else if (outcome.reason === "OUT_OF_ORDER" && !this.#compared) this.#compareWith(outcome);
    else this.#fail(failureOfRejection(outcome));
  }

  /** The parcel goes back to what waits. Once the copy has what the server says, it tells what is still to be sent. */
  #compareWith({ client, expected }: OutOfOrder): void {
    const { waiting, sending } = this.#outbox;
    this.#become({ waiting: sending ? [sending, ...waiting] : waiting, sending: undefined });
    this.#comparing = { client, clock: expected };
    this.#giveUpLater();
    this.pump();
  }

  /** Without a connection, the copy cannot show anything. */
  #giveUpLater(): void {
    this.#pause(patience, () => {
      if (this.#options.copy()) this.#fail(failureFor("OUT_OF_ORDER"));
      else this.#giveUpLater();
    });
  }

  #compare({ offset, updates }: ServerCopy): boolean {
    const { client, clock } = this.#comparing ?? {};
    if (offset < this.#acknowledged) return false;
    const theirs = updates().map(fromBase64);
    if (client !== undefined && clock !== undefined && clockIn(theirs, client) < clock) return false;
    clearTimeout(this.#timer);
    this.#compared = client !== undefined;
    this.#comparing = undefined;
    this.#become(replaceAll(this.#outbox, lackOf(this.#options.doc, theirs)));
    return true;
  }

  #threw(error: unknown): void {
    const code = error instanceof ShoalError ? error.code : undefined;
    // It was not sent, or waited for hours: the same command again has one effect.
    if (code !== "TIMEOUT" && code !== "TOO_MANY_REQUESTS") this.#fail(failureOfError(error));
    else this.#pause(pause, () => void this.#send());
  }

  #pause(ms: number, then: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(then, ms);
  }

  #fail(failure: DocumentFailure): void {
    this.stop();
    this.#options.failed(failure);
  }

  #edit(update: Uint8Array, commandId: string): Promise<Outcome> {
    return this.#options.edit({ update: toBase64(update) }, { commandId });
  }

  #become(outbox: Outbox): void {
    this.#outbox = outbox;
    if (this.#isIdle) this.#tellIdle();
    this.#options.changed();
  }

  #tellIdle(): void {
    for (const resolve of this.#idle.splice(0)) resolve();
  }
}
