import { ShoalError } from "@shoal/contract";
import { apart } from "../apart.ts";
import { answeredError, unanswered } from "../errors.ts";
import type { Codec } from "../transformer.ts";
import type { ApartCall, Line, Wanted, WayApart } from "./line.ts";

/** How many bytes of a message are neither its input nor its path, at most. */
const envelope = 128;

/** A request: what is asked, and how. */
export interface CallRequest {
  readonly type: "query" | "mutation" | "subscription";
  readonly path: string;
  /** Whether the answer may be large. */
  readonly large?: boolean | undefined;
  readonly codec: Codec;
  /** The input. Of a subscription it is asked for just before it is sent. */
  readonly input: () => unknown;
  /** Whether the subscription could go on elsewhere now without losing anything. */
  readonly resumable: () => boolean;
}

/** Why a request has no answer, or no more. */
export interface Failure {
  readonly error: ShoalError;
  /** The error as the server answered it, in tRPC's shape; undefined where nobody answered. */
  readonly shape: unknown;
  /** Whether its connection was lost: asked again at once, it waits for the next. */
  readonly lost: boolean;
}

/** What a request tells. Nothing after `ended`. */
export interface CallHandlers {
  started?(): void;
  /** An answer, or what a subscription yielded: of what is tracked `{ id, data }`. */
  data(data: unknown, id: string | undefined): void;
  /** @param failure - undefined when it ended well */
  ended(failure: Failure | undefined): void;
}

/** What a request tells whoever keeps it. */
export interface CallEvents {
  /** The way apart leads nowhere. */
  again(call: Call): void;
  over(call: Call): void;
}

export interface CallLimits {
  /**
   * How long an answer may take, in milliseconds, the wait for a connection included; that of a subscription from when it is sent. On a
   * way apart it may take longer, as long as it is coming.
   */
  readonly timeoutMs: number;
  /** The largest message, in bytes. */
  readonly maxPayload: number;
}

/**
 * One request, from when it is asked to its end. It waits for a line, and is sent over one line once: before that on a way apart, where the
 * answer may be large.
 */
export class Call implements ApartCall {
  readonly #request: CallRequest;
  readonly #handlers: CallHandlers;
  readonly #limits: CallLimits;
  readonly #events: CallEvents;
  /** As it was when it was asked. */
  readonly #wanted: Wanted | undefined;
  #way: Line | WayApart | undefined;
  /** Whether it goes apart from the line, where there is such a way. */
  #apart: boolean;
  #stop: (() => void) | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #over = false;

  /** @throws {ShoalError} `PAYLOAD_TOO_LARGE`, `BAD_REQUEST` when the input is none that can be sent; of a subscription it ends with that */
  constructor(request: CallRequest, handlers: CallHandlers, limits: CallLimits, events: CallEvents) {
    this.#request = request;
    this.#handlers = handlers;
    this.#limits = limits;
    this.#events = events;
    this.#apart = request.large === true;
    if (request.type === "subscription") return;
    this.#wanted = this.#encode();
    this.#arm();
  }

  get type() {
    return this.#request.type;
  }

  get path(): string {
    return this.#request.path;
  }

  get resumable(): boolean {
    return this.#request.resumable();
  }

  /** Over which line it was sent, or on which way apart from it. */
  get way(): Line | WayApart | undefined {
    return this.#way;
  }

  /** Sends it over the line, or apart from it. */
  start(line: Line): void {
    if (this.#over || this.#way) return;
    const way = (this.#apart && line.apart) || line;
    this.#way = way;
    this.#apart = way !== line;
    const stop = way.send(this);
    if (this.#over) stop();
    else this.#stop = stop;
  }

  prepare(): Wanted | undefined {
    if (this.#over) return undefined;
    try {
      const wanted = this.#wanted ?? this.#encode();
      if (!this.#timer) this.#arm();
      return wanted;
    } catch (error) {
      this.broke(error as ShoalError, false);
      return undefined;
    }
  }

  started(): void {
    clearTimeout(this.#timer);
    if (!this.#over) apart(() => this.#handlers.started?.());
  }

  data(data: unknown, id: string | undefined, bare: boolean): void {
    if (this.#over) return;
    clearTimeout(this.#timer);
    const value = this.#decode(data);
    if (!value) return;
    const isAnswer = this.type !== "subscription";
    if (isAnswer) this.#finish();
    apart(() => this.#handlers.data(bare && id !== undefined ? { id, data: value.of } : value.of, id));
    if (isAnswer) this.#tellEnd(undefined);
  }

  turnBack(): void {
    this.#apart = false;
    this.#way = undefined;
    this.#events.again(this);
  }

  stopped(): void {
    if (this.#finish()) this.#tellEnd(undefined);
  }

  failed(shape: unknown): void {
    const decoded = this.#decode(shape);
    if (decoded) this.#end({ error: answeredError(decoded.of), shape: decoded.of, lost: false });
  }

  /** To be called when its line has ended. What a request did nobody can tell then. */
  lose(error: ShoalError): void {
    this.broke(this.type === "subscription" ? error : unanswered(error), true);
  }

  broke(error: ShoalError, lost: boolean): void {
    this.#end({ error, shape: undefined, lost });
  }

  /** Nobody waits for it any more. */
  cancel(): void {
    this.#finish();
  }

  #end(failure: Failure): void {
    if (this.#finish()) this.#tellEnd(failure);
  }

  #tellEnd(failure: Failure | undefined): void {
    apart(() => this.#handlers.ended(failure));
  }

  #finish(): boolean {
    if (this.#over) return false;
    this.#over = true;
    clearTimeout(this.#timer);
    this.#stop?.();
    this.#events.over(this);
    return true;
  }

  #arm(ms = this.#limits.timeoutMs): void {
    this.#timer = setTimeout(() => this.#expire(), ms);
  }

  /**
   * A subscription begins by much that others may have to receive before, and what is large takes long to come: as long as anything is
   * received, it waits.
   */
  #expire(): void {
    const { timeoutMs } = this.#limits;
    const isPatient = this.#apart || this.type === "subscription";
    const silence = this.#way && isPatient ? performance.now() - this.#way.heardAt : timeoutMs;
    if (silence < timeoutMs) {
      this.#arm(timeoutMs - silence);
      return;
    }
    const message = this.#way
      ? `"${this.path}" was not answered within ${timeoutMs} ms (\`timeoutMs\`). The server may have done what was asked.`
      : `There was no connection within ${timeoutMs} ms (\`timeoutMs\`), so "${this.path}" was not sent.`;
    this.broke(new ShoalError("TIMEOUT", message), false);
  }

  #encode(): Wanted {
    const { codec, input: ask } = this.#request;
    const input = toJson(() => codec.encode(ask()), this.path);
    const { maxPayload } = this.#limits;
    if (input !== undefined && isLarger(input, maxPayload - envelope - this.path.length)) {
      const message = `The input of "${this.path}" makes a message of more than the ${maxPayload} bytes that the server takes.`;
      throw new ShoalError("PAYLOAD_TOO_LARGE", message);
    }
    return { input };
  }

  #decode(data: unknown): { readonly of: unknown } | undefined {
    try {
      return { of: this.#request.codec.decode(data) };
    } catch (cause) {
      const message = `The answer to "${this.path}" cannot be read. Has the client the server's transformer?`;
      this.broke(new ShoalError("INTERNAL_SERVER_ERROR", message, { cause }), false);
      return undefined;
    }
  }
}

function toJson(encode: () => string | undefined, path: string): string | undefined {
  try {
    return encode();
  } catch (cause) {
    throw new ShoalError("BAD_REQUEST", `The input of "${path}" cannot be sent: it has no JSON.`, { cause });
  }
}

/** Most are so short that nobody has to count their bytes. */
function isLarger(text: string, bytes: number): boolean {
  if (text.length * 3 <= bytes) return false;
  return text.length > bytes || new TextEncoder().encode(text).length > bytes;
}
