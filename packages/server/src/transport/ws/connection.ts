import type { IncomingMessage } from "node:http";
import { getTRPCErrorFromUnknown, getTRPCErrorShape, TRPCError } from "@trpc/server";
import { type RawData, WebSocket } from "ws";
import { Admission } from "./admission.ts";
import type { Call } from "./call.ts";
import { type Closing, closingFor, closings } from "./closing.ts";
import { bringsParams, ConnectionContext, readParams } from "./connection-context.ts";
import type { Handling } from "./handling.ts";
import { Head } from "./head.ts";
import { type Incoming, readIncoming } from "./incoming.ts";
import { malformed } from "./malformed.ts";
import { Message } from "./message.ts";
import { Patience, withoutPings } from "./patience.ts";
import { type Requester, Requests } from "./requests.ts";
import type { SocketWriter } from "./socket-writer.ts";
import { writerOf } from "./writer-of.ts";

/** Under which an error is sent that belongs to no request. */
const nobody = new Head(null, undefined);

const pong = new Message("PONG");

/** The field of a client by which the listeners find its connection. */
const served: unique symbol = Symbol("shoal.served");

function connectionOf(client: WebSocket): Connection {
  return (client as WebSocket & { readonly [served]: Connection })[served];
}

/** One client, from when it is connected until it has gone: it is let in, heard as long as it keeps within bounds, and closed. */
export class Connection implements Requester {
  readonly handling: Handling;
  readonly writer: SocketWriter;
  readonly context: ConnectionContext;
  /** `undefined` where the router has no realtime, or this node no room. */
  readonly admission: Admission | undefined;
  readonly #client: WebSocket;
  /** Kept only for `onError`: it is a large part of what an idle connection costs. */
  readonly #req: IncomingMessage | undefined;
  readonly #requests: Requests;
  readonly #patience: Patience;
  #malformed = 0;
  /** What counts towards a flood. */
  #received = 0;
  #ended = false;

  constructor(handling: Handling, client: WebSocket, req: IncomingMessage) {
    const { sweeper } = handling;
    this.handling = handling;
    this.#client = client;
    this.#req = handling.onError && req;
    this.writer = writerOf(client, req, handling);
    const admission = Admission.of(handling, this);
    if (!(admission instanceof TRPCError)) this.admission = admission;
    this.context = new ConnectionContext(handling.createContext, client, req, this.admission);
    this.#requests = new Requests(this);
    this.#patience = new Patience("ping" in client ? handling.deadlines : withoutPings(handling.deadlines));
    sweeper.add(this);
    this.#listen(client);
    if (admission instanceof TRPCError) {
      this.refuse(nobody, admission);
      this.#close(closingFor(admission));
    } else if (!bringsParams(req)) this.#makeContext(() => null);
  }

  /** All connections share the listeners, since each has to do with its own client alone. */
  static readonly #listeners = {
    message(this: WebSocket, data: RawData, isBinary: boolean): void {
      connectionOf(this).#hear(data, isBinary);
    },
    error(this: WebSocket, cause: Error): void {
      connectionOf(this).#tell(getTRPCErrorFromUnknown(cause));
    },
    close(this: WebSocket): void {
      connectionOf(this).#closed();
    },
    ping(this: WebSocket): void {
      connectionOf(this).#floods(1);
    },
    pong(this: WebSocket): void {
      const connection = connectionOf(this);
      if (!connection.#floods(1)) connection.#patience.heard();
    },
  };

  #listen(client: WebSocket): void {
    Object.assign(client, { [served]: this });
    const { message, error, close, ping, pong } = Connection.#listeners;
    client.on("message", message);
    client.on("error", error);
    client.on("close", close);
    client.on("ping", ping);
    client.on("pong", pong);
  }

  /** Ends it at once, and what it has under way. */
  close(code: number, reason: string): void {
    this.#close({ code, reason });
  }

  closeSlow(): void {
    this.#close(closings.slow);
  }

  get socket(): WebSocket {
    return this.#client;
  }

  get isOpen(): boolean {
    return !this.#ended && this.#client.readyState === WebSocket.OPEN;
  }

  /** Whether the client waits for an answer. */
  get isBusy(): boolean {
    return this.#requests.isBusy;
  }

  closeDraining(): void {
    this.#close(closings.draining);
  }

  /** One step of the handler's sweeper: is the client there, does it do what it has to, and may it stay? */
  sweep(): void {
    const { limits, sweeper } = this.handling;
    this.#received = Math.max(0, this.#received - sweeper.aStep(limits.maxMessagesPerSecond));
    const isAwaited = this.context.isAwaited;
    if (!this.#ended && !isAwaited) this.#sweepCredentials();
    const phase = isAwaited ? "awaited" : "open";
    const what = this.#patience.step(this.#ended ? "closing" : phase, this.writer);
    if (what === "ping") this.#client.ping();
    else if (what === "give up") this.#giveUp();
    else if (what) this.#close(what);
  }

  /** Who is not read from, as long as what it asked for is under way, is not heard. */
  #giveUp(): void {
    if (this.#requests.isWaiting) this.#patience.heard();
    else this.#client.terminate();
  }

  #sweepCredentials(): void {
    const { refresh, sweeper } = this.handling;
    const what = this.admission?.step(sweeper.stepMs);
    if (what === "end") this.#close(closings.expired);
    else if (what === "ask") this.writer.push(refresh);
    if (what) this.#renew();
  }

  /** What throws where nothing should is the application's, such as its encoder: it ends this connection, and no other. */
  #hear(data: RawData, isBinary: boolean): void {
    try {
      this.#receive(data, isBinary);
    } catch (error) {
      this.#break(error);
    }
  }

  #receive(data: RawData, isBinary: boolean): void {
    if (!this.isOpen || this.#floods(1)) return;
    this.#patience.heard();
    const text = isBinary ? undefined : data.toString();
    if (text === "PONG") return;
    if (text === "PING") {
      if (this.handling.answersPings) this.writer.push(pong);
      return;
    }
    if (!Buffer.isBuffer(data)) {
      const message = "Unexpected WebSocket message format";
      this.#answerError(nobody, new TRPCError({ code: "UNPROCESSABLE_CONTENT", message }));
      return;
    }
    const content = text ?? data;
    if (this.context.isAwaited) this.#makeContext(() => readParams(() => this.handling.codec.decode(content)));
    else this.#read(content);
  }

  #makeContext(params: Parameters<ConnectionContext["make"]>[0]): void {
    this.context.make(params, (error) => {
      this.refuse(nobody, error);
      setImmediate(() => this.#close(closingFor(error)));
    });
  }

  /** Begins to make another context of what the client offered, if the time has come. */
  #renew(): void {
    if (this.#ended || !this.context.isReady) return;
    this.admission
      ?.begin((params) => this.context.remake(params))
      ?.then(
        (isSame) => this.#renewed(isSame),
        (cause) => this.#ended || this.refuse(nobody, getTRPCErrorFromUnknown(cause)),
      );
  }

  #renewed(isSame: boolean): void {
    if (!isSame) this.#close(closings.anotherUser);
    const identities = this.admission?.renewed;
    if (this.#ended || !identities) return;
    this.#requests.renew(identities);
  }

  #read(content: string | Buffer): void {
    const messages = this.#parse(content);
    if (!messages || this.#floods(messages.length - 1)) return;
    for (const [index, message] of messages.entries()) this.#requests.handle(message, index);
  }

  /** Counts what was received, and closes the connection when it is too much. */
  #floods(messages: number): boolean {
    this.#received += messages;
    if (this.#received <= this.handling.limits.messagesAtOnce) return false;
    this.#close(closings.flood);
    return true;
  }

  #parse(content: string | Buffer): readonly Incoming[] | undefined {
    try {
      const decoded = this.handling.codec.decode(content);
      if (this.admission?.takes(decoded)) {
        this.#renew();
        return undefined;
      }
      const messages = readIncoming(decoded, this.handling.router, content.length);
      this.#malformed = 0;
      return messages;
    } catch (cause) {
      this.#answerError(nobody, malformed(undefined, cause));
      this.#malformed += 1;
      if (this.#malformed >= this.handling.limits.maxMalformed) this.#close(closings.garbage);
      return undefined;
    }
  }

  refuse(head: Head, error: TRPCError, call?: Call): void {
    this.#tell(error, call);
    this.#answerError(head, error, call);
  }

  #answerError(head: Head, error: TRPCError, call?: Call): void {
    const { type = "unknown", path, input } = call ?? {};
    const config = this.handling.router._def._config;
    try {
      const shape = getTRPCErrorShape({ config, error, type, path, input, ctx: this.context.value });
      this.writer.push(this.handling.codec.error(head, shape));
    } catch (cause) {
      this.#break(cause);
    }
  }

  /** Its client would wait for an answer that cannot be put into words. */
  #break(error: unknown): void {
    this.handling.logger.error({ error }, "a client could not be answered, and its connection was closed");
    this.#close(closings.internal);
  }

  #tell(error: TRPCError, call?: Call): void {
    if (!this.#req) return;
    const { type = "unknown", path, input } = call ?? {};
    try {
      this.handling.onError?.({ error, type, path, input, ctx: this.context.value, req: this.#req });
    } catch (cause) {
      this.handling.logger.error({ error: cause }, "`onError` threw");
    }
  }

  #close(closing: Closing): void {
    if (this.#ended) return;
    this.#count(closing);
    this.writer.flush();
    this.#client.close(closing.code, closing.reason);
    this.#end();
    this.#patience.restart();
    // It stays with the sweeper until the client has closed its side. One that reads slowly has all the time that `ws` gives it.
    if (closing === closings.slow) this.handling.sweeper.delete(this);
  }

  #count(closing: Closing): void {
    const { wire } = this.handling;
    if (closing === closings.slow) wire.slow += 1;
    else if (closing === closings.flood) wire.floods += 1;
  }

  #closed(): void {
    this.#end();
    this.handling.sweeper.delete(this);
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.admission?.end();
    this.#requests.drop();
    this.context.abort();
  }
}
