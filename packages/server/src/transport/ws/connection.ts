import type { IncomingMessage } from "node:http";
import { callTRPCProcedure, getTRPCErrorFromUnknown, getTRPCErrorShape, TRPCError } from "@trpc/server";
import { isObservable } from "@trpc/server/observable";
import { type RawData, WebSocket } from "ws";
import { Room } from "../../channel/room.ts";
import { Admission } from "./admission.ts";
import { type Call, withLastEventId } from "./call.ts";
import { CallQueue } from "./call-queue.ts";
import { type Closing, closingFor, closings } from "./closing.ts";
import { bringsParams, ConnectionContext, readParams } from "./connection-context.ts";
import type { Handling } from "./handling.ts";
import { Head } from "./head.ts";
import { type Incoming, readIncoming } from "./incoming.ts";
import { malformed } from "./malformed.ts";
import { Message } from "./message.ts";
import { Patience, withoutPings } from "./patience.ts";
import { ProcedureCall } from "./procedure-call.ts";
import type { SocketWriter } from "./socket-writer.ts";
import { StartingSubscription } from "./starting-subscription.ts";
import type { Peer } from "./subscription.ts";
import { Subscriptions } from "./subscriptions.ts";
import { isAsyncIterable, toSubscription } from "./to-subscription.ts";
import { writerOf } from "./writer-of.ts";

/** Under which an error is sent that belongs to no request. */
const nobody = new Head(null, undefined);

const pong = new Message("PONG");

/** How long a watch outlives its credentials here, in milliseconds: the connection is closed before. */
const graceMs = 5_000;

/** The field of a client by which the listeners find its connection. */
const served: unique symbol = Symbol("shoal.served");

function connectionOf(client: WebSocket): Connection {
  return (client as WebSocket & { readonly [served]: Connection })[served];
}

/** A procedure that was called, or nothing when an error came before that. */
type Called = Pick<Call, "type" | "path" | "input"> | undefined;

/** One client: what it asks, and what it is sent. */
export class Connection implements Peer {
  readonly writer: SocketWriter;
  readonly #handling: Handling;
  readonly #client: WebSocket;
  /** Kept only for `onError`: it is a large part of what an idle connection costs. */
  readonly #req: IncomingMessage | undefined;
  /** `undefined` where the router has no realtime, or this node no room. */
  readonly #admission: Admission | undefined;
  readonly #context: ConnectionContext;
  readonly #calls: CallQueue;
  readonly #subscriptions = new Subscriptions();
  readonly #patience: Patience;
  /** Made for the first frame that waits. */
  #room: Room | undefined;
  #malformed = 0;
  /** What counts towards a flood. */
  #received = 0;
  /** How many calls run and are not answered yet. */
  #unanswered = 0;
  #ended = false;

  constructor(handling: Handling, client: WebSocket, req: IncomingMessage) {
    const { limits, sweeper, tick } = handling;
    this.#handling = handling;
    this.#client = client;
    this.#req = handling.onError && req;
    this.writer = writerOf(client, req, tick, limits.maxBufferedBytes);
    this.#calls = new CallQueue(this.writer, limits.maxCalls);
    const admission = Admission.of(handling, this);
    if (!(admission instanceof TRPCError)) this.#admission = admission;
    this.#context = new ConnectionContext(handling.createContext, client, req, this.#admission);
    this.#patience = new Patience("ping" in client ? handling.deadlines : withoutPings(handling.deadlines));
    sweeper.add(this);
    this.#listen(client, limits.heartbeat !== false);
    if (admission instanceof TRPCError) {
      this.#refuse(nobody, admission, undefined);
      this.#close(closingFor(admission));
    } else if (!bringsParams(req)) this.#makeContext(() => null);
  }

  /** All connections share the listeners, since each has to do with its own client alone. */
  static readonly #listeners = {
    message(this: WebSocket, data: RawData, isBinary: boolean): void {
      connectionOf(this).#receive(data, isBinary);
    },
    error(this: WebSocket, cause: Error): void {
      connectionOf(this).#tell(getTRPCErrorFromUnknown(cause));
    },
    close(this: WebSocket): void {
      connectionOf(this).#closed();
    },
    pong(this: WebSocket): void {
      connectionOf(this).#patience.heard();
    },
  };

  #listen(client: WebSocket, toPongs: boolean): void {
    Object.assign(client, { [served]: this });
    const { message, error, close, pong } = Connection.#listeners;
    client.on("message", message);
    client.on("error", error);
    client.on("close", close);
    if (toPongs) client.on("pong", pong);
  }

  get codec() {
    return this.#handling.codec;
  }

  get queue(): number {
    return this.#handling.limits.queue;
  }

  get room(): Room {
    this.#room ??= new Room(this.#handling.limits.queueBytes);
    return this.#room;
  }

  get graceMs(): number {
    return this.#admission?.isRenewable ? graceMs : 0;
  }

  /** Ends it at once, and what it has under way. */
  close(code: number, reason: string): void {
    this.#close({ code, reason });
  }

  report(call: Call, cause: unknown): void {
    this.#refuse(call.head, getTRPCErrorFromUnknown(cause), call);
  }

  finish(call: Call): void {
    this.writer.push(this.codec.stopped(call.head));
    this.#subscriptions.forget(call);
  }

  closeSlow(): void {
    this.#close(closings.slow);
  }

  get socket(): WebSocket {
    return this.#client;
  }

  /** Whether the client waits for an answer. */
  get isBusy(): boolean {
    return this.#unanswered > 0;
  }

  closeDraining(): void {
    this.#close(closings.draining);
  }

  /** One step of the handler's sweeper: is the client there, does it do what it has to, and may it stay? */
  sweep(): void {
    const { limits, sweeper } = this.#handling;
    this.#received = Math.max(0, this.#received - sweeper.aStep(limits.maxMessagesPerSecond));
    const isAwaited = this.#context.isAwaited;
    if (!this.#ended && !isAwaited) this.#sweepCredentials();
    const phase = isAwaited ? "awaited" : "open";
    const what = this.#patience.step(this.#ended ? "closing" : phase, this.writer);
    if (what === "ping") this.#client.ping();
    else if (what === "give up") this.#giveUp();
    else if (what) this.#close(what);
  }

  /** Who is not read from, as long as what it asked for is under way, is not heard. */
  #giveUp(): void {
    if (this.#calls.isWaiting) this.#patience.heard();
    else this.#client.terminate();
  }

  #sweepCredentials(): void {
    const { refresh, sweeper } = this.#handling;
    const what = this.#admission?.step(sweeper.stepMs);
    if (what === "end") this.#close(closings.expired);
    else if (what === "ask") this.writer.push(refresh);
    if (what) this.#renew();
  }

  #receive(data: RawData, isBinary: boolean): void {
    if (this.#ended || this.#client.readyState !== WebSocket.OPEN || this.#floods(1)) return;
    this.#patience.heard();
    const text = isBinary ? undefined : data.toString();
    if (text === "PONG") return;
    if (text === "PING") {
      if (this.#handling.answersPings) this.writer.push(pong);
      return;
    }
    if (!Buffer.isBuffer(data)) {
      const message = "Unexpected WebSocket message format";
      this.#answerError(nobody, new TRPCError({ code: "UNPROCESSABLE_CONTENT", message }), undefined);
      return;
    }
    const content = text ?? data;
    if (this.#context.isAwaited) this.#makeContext(() => readParams(() => this.codec.decode(content)));
    else this.#read(content);
  }

  #makeContext(params: Parameters<ConnectionContext["make"]>[0]): void {
    this.#context.make(params, (error) => {
      this.#refuse(nobody, error, undefined);
      setImmediate(() => this.#close(closingFor(error)));
    });
  }

  /** Begins to make another context of what the client offered, if the time has come. */
  #renew(): void {
    if (this.#ended || !this.#context.isReady) return;
    this.#admission
      ?.begin((params) => this.#context.remake(params))
      ?.then(
        (isSame) => this.#renewed(isSame),
        (cause) => this.#ended || this.#refuse(nobody, getTRPCErrorFromUnknown(cause), undefined),
      );
  }

  #renewed(isSame: boolean): void {
    if (!isSame) this.#close(closings.anotherUser);
    const identities = this.#admission?.renewed;
    if (this.#ended || !identities) return;
    for (const subscription of this.#subscriptions.list) subscription.renew?.(identities);
  }

  #read(content: string | Buffer): void {
    const messages = this.#parse(content);
    if (!messages || this.#floods(messages.length - 1)) return;
    for (const [index, message] of messages.entries()) this.#handle(message, index);
  }

  /** Counts what was received, and closes the connection when it is too much. */
  #floods(messages: number): boolean {
    this.#received += messages;
    if (this.#received <= this.#handling.limits.messagesAtOnce) return false;
    this.#close(closings.flood);
    return true;
  }

  #parse(content: string | Buffer): readonly Incoming[] | undefined {
    try {
      const decoded = this.codec.decode(content);
      if (this.#admission?.takes(decoded)) {
        this.#renew();
        return undefined;
      }
      const messages = readIncoming(decoded, this.#handling.router, content.length);
      this.#malformed = 0;
      return messages;
    } catch (cause) {
      this.#answerError(nobody, malformed(undefined, cause), undefined);
      this.#malformed += 1;
      if (this.#malformed >= this.#handling.limits.maxMalformed) this.#close(closings.garbage);
      return undefined;
    }
  }

  #handle({ message, size }: Incoming, index: number): void {
    const { id, jsonrpc } = message;
    if (id === null) {
      this.#refuse(new Head(id, jsonrpc), malformed("`id` is required"), undefined);
    } else if (message.method === "subscription.stop") {
      this.#subscriptions.get(id)?.stop();
    } else {
      const { method: type, params } = message;
      const input = withLastEventId(params.input, params.lastEventId);
      const head = type === "subscription" ? this.#handling.heads.of(id, jsonrpc) : new Head(id, jsonrpc);
      const call = { head, id, type, path: params.path, input, size };
      if (type === "subscription") this.#subscribe(call, index);
      else this.#calls.add(() => this.#answer(call, index));
    }
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
      this.#subscriptions.admit(call, this.#handling.limits);
      this.#subscriptions.set(call.id, starting);
      this.#calls.add(() => this.#begin(starting, call, index));
    } catch (cause) {
      this.report(call, cause);
    }
  }

  async #begin(starting: StartingSubscription, call: Call, index: number): Promise<void> {
    if (starting.isStopped) return;
    try {
      const result = await this.#call(call, index, starting.controller.signal);
      if (starting.isStopped || this.#client.readyState !== WebSocket.OPEN) return;
      this.#start(call, starting.controller, result);
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
    const identities = this.#admission?.renewed;
    // It was asked for with whatever context there was then.
    if (identities) subscription.renew?.(identities);
    void subscription.start();
  }

  #call(call: Call, index: number, signal: AbortSignal): Promise<unknown> {
    const run = () =>
      callTRPCProcedure(new ProcedureCall(this.#handling.router, call, this.#context.value, signal, index));
    return this.#context.isReady ? run() : this.#context.whenReady().then(run);
  }

  #refuse(head: Head, error: TRPCError, called: Called): void {
    this.#tell(error, called);
    this.#answerError(head, error, called);
  }

  #answerError(head: Head, error: TRPCError, called: Called): void {
    const { type = "unknown", path, input } = called ?? {};
    const config = this.#handling.router._def._config;
    const shape = getTRPCErrorShape({ config, error, type, path, input, ctx: this.#context.value });
    this.writer.push(this.codec.error(head, shape));
  }

  #tell(error: TRPCError, called?: Called): void {
    if (!this.#req) return;
    const { type = "unknown", path, input } = called ?? {};
    this.#handling.onError?.({ error, type, path, input, ctx: this.#context.value, req: this.#req });
  }

  #close(closing: Closing): void {
    if (this.#ended) return;
    this.writer.flush();
    this.#client.close(closing.code, closing.reason);
    this.#end();
    this.#patience.restart();
    // It stays with the sweeper until the client has closed its side. One that reads slowly has all the time that `ws` gives it.
    if (closing === closings.slow) this.#handling.sweeper.delete(this);
  }

  #closed(): void {
    this.#end();
    this.#handling.sweeper.delete(this);
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#admission?.end();
    this.#calls.drop();
    this.#subscriptions.drop();
    this.#context.abort();
  }
}
