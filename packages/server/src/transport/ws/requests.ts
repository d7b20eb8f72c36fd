import { callTRPCProcedure, getTRPCErrorFromUnknown, TRPCError } from "@trpc/server";
import { isObservable } from "@trpc/server/observable";
import type { TRPCClientOutgoingMessage } from "@trpc/server/rpc";
import { Room } from "../../channel/room.ts";
import type { WireMeters } from "../../observe/wire-meters.ts";
import type { Identity } from "../../security/identity.ts";
import type { Admission } from "./admission.ts";
import { type Call, withLastEventId } from "./call.ts";
import { CallQueue } from "./call-queue.ts";
import type { ConnectionContext } from "./connection-context.ts";
import type { Handling } from "./handling.ts";
import { Head } from "./head.ts";
import type { Incoming } from "./incoming.ts";
import { malformed } from "./malformed.ts";
import { ProcedureCall } from "./procedure-call.ts";
import type { SocketWriter } from "./socket-writer.ts";
import { StartingSubscription } from "./starting-subscription.ts";
import type { Peer } from "./subscription.ts";
import { Subscriptions } from "./subscriptions.ts";
import { isAsyncIterable, toSubscription } from "./to-subscription.ts";

/** How long a watch outlives its credentials here, in milliseconds: the connection is closed before. */
const graceMs = 5_000;

/** The connection that requests come by. */
export interface Requester {
  readonly handling: Handling;
  readonly writer: SocketWriter;
  readonly context: ConnectionContext;
  readonly admission: Admission | undefined;
  /** Whether anything may still be sent. */
  readonly isOpen: boolean;
  /** Tells the client, and `onError`, what went wrong. */
  refuse(head: Head, error: TRPCError, call?: Call): void;
  closeSlow(): void;
}

type Request = Exclude<TRPCClientOutgoingMessage, { readonly method: "subscription.stop" }>;

/** What one client asks for: each request is called and answered, and subscriptions last until one side ends them. */
export class Requests implements Peer {
  readonly writer: SocketWriter;
  readonly #requester: Requester;
  readonly #calls: CallQueue;
  readonly #subscriptions = new Subscriptions();
  /** Made for the first frame that waits. */
  #room: Room | undefined;
  /** How many calls run and are not answered yet. */
  #unanswered = 0;

  constructor(requester: Requester) {
    const { writer, handling } = requester;
    this.writer = writer;
    this.#requester = requester;
    this.#calls = new CallQueue(writer, handling.limits.maxCalls);
  }

  get codec() {
    return this.#requester.handling.codec;
  }

  get queue(): number {
    return this.#requester.handling.limits.queue;
  }

  get room(): Room {
    this.#room ??= new Room(this.#requester.handling.limits.queueBytes);
    return this.#room;
  }

  get wire(): WireMeters {
    return this.#requester.handling.wire;
  }

  get graceMs(): number {
    return this.#requester.admission?.isRenewable ? graceMs : 0;
  }

  /** Whether the client waits for an answer. */
  get isBusy(): boolean {
    return this.#unanswered > 0;
  }

  /** Whether some wait for others, and nothing more is read. */
  get isWaiting(): boolean {
    return this.#calls.isWaiting;
  }

  /** @param index - of the request among those of one message */
  handle({ message, size }: Incoming, index: number): void {
    const { id, jsonrpc } = message;
    if (id === null) {
      this.#requester.refuse(new Head(id, jsonrpc), malformed("`id` is required"));
    } else if (message.method === "subscription.stop") {
      this.#subscriptions.get(id)?.stop();
    } else {
      const call = this.#callOf(message, id, size);
      if (call.type === "subscription") this.#subscribe(call, index);
      else this.#calls.add(() => this.#answer(call, index));
    }
  }

  /** All subscriptions go on for who their user is now. */
  renew(identities: ReadonlyMap<object, Identity>): void {
    for (const subscription of this.#subscriptions.list) subscription.renew?.(identities);
  }

  /** The connection has ended. Calls that run go on, and have no answer. */
  drop(): void {
    this.#calls.drop();
    this.#subscriptions.drop();
  }

  report(call: Call, cause: unknown): void {
    this.#requester.refuse(call.head, getTRPCErrorFromUnknown(cause), call);
  }

  finish(call: Call): void {
    this.writer.push(this.codec.stopped(call.head));
    this.#subscriptions.forget(call);
  }

  closeSlow(): void {
    this.#requester.closeSlow();
  }

  #callOf({ jsonrpc, method: type, params }: Request, id: number | string, size: number): Call {
    const input = withLastEventId(params.input, params.lastEventId);
    const { heads } = this.#requester.handling;
    const head = type === "subscription" ? heads.of(id, jsonrpc) : new Head(id, jsonrpc);
    return { head, id, type, path: params.path, input, size };
  }

  async #answer(call: Call, index: number): Promise<void> {
    this.#unanswered += 1;
    try {
      const result = await this.#call(call, index, new AbortController().signal);
      if (isAsyncIterable(result) || isObservable(result)) {
        const message = `Cannot return an async iterable or observable from a ${call.type} procedure with WebSockets`;
        throw new TRPCError({ code: "UNSUPPORTED_MEDIA_TYPE", message });
      }
      this.writer.push(this.codec.data(call.head, result));
    } catch (cause) {
      this.report(call, cause);
    } finally {
      this.#unanswered -= 1;
    }
  }

  #subscribe(call: Call, index: number): void {
    const starting = new StartingSubscription(this, call);
    try {
      this.#subscriptions.admit(call, this.#requester.handling.limits);
      this.#subscriptions.set(call.id, starting);
      this.#calls.add(() => this.#begin(starting, call, index));
    } catch (cause) {
      this.report(call, cause);
    }
  }

  /** What is stopped before it has begun, by the client or with the connection, never begins. */
  async #begin(starting: StartingSubscription, call: Call, index: number): Promise<void> {
    if (starting.isStopped) return;
    try {
      const result = await this.#call(call, index, starting.controller.signal);
      if (!starting.isStopped && this.#requester.isOpen) this.#start(call, starting.controller, result);
    } catch (cause) {
      if (starting.isStopped) return;
      if (this.#subscriptions.get(call.id) === starting) this.#subscriptions.forget(call);
      this.report(call, cause);
    }
  }

  #start(call: Call, controller: AbortController, result: unknown): void {
    const subscription = toSubscription(this, call, controller, result);
    this.#subscriptions.set(call.id, subscription);
    this.writer.push(this.codec.started(call.head));
    const identities = this.#requester.admission?.renewed;
    // It was asked for with whatever context there was then.
    if (identities) subscription.renew?.(identities);
    void subscription.start();
  }

  #call(call: Call, index: number, signal: AbortSignal): Promise<unknown> {
    const { context, handling } = this.#requester;
    const run = () => callTRPCProcedure(new ProcedureCall(handling.router, call, context.value, signal, index));
    return context.isReady ? run() : context.whenReady().then(run);
  }
}
