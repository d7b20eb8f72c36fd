import { ShoalError } from "@shoal/contract";
import { apart } from "../apart.ts";
import { type Connection, type ConnectionState, initialConnectionState, type Transport } from "../connection.ts";
import { clientClosed } from "../errors.ts";
import { Store } from "../store.ts";
import type { CallHandlers, CallLimits, CallRequest } from "./call.ts";
import { Calls } from "./calls.ts";
import { Dialer, type DialerOptions } from "./dialer.ts";
import type { Line, LineEvents } from "./line.ts";
import { type ConnectionEvent, type Effect, initialMachine, type Loss, type Machine, type Moment } from "./machine.ts";
import { reduce } from "./reduce.ts";
import { rememberNoSockets, remembersNoSockets } from "./remembered-transport.ts";
import { listenToPage, type Page } from "./wake-up.ts";

export interface ServerConnectionOptions extends DialerOptions, CallLimits {
  readonly transport: Transport | "auto";
}

/** The connection with what it does to the world: it dials, keeps the time, and carries requests over the line that is open. */
export class ServerConnection implements Connection {
  readonly #options: ServerConnectionOptions;
  readonly #dialer: Dialer;
  readonly #calls: Calls;
  readonly #state = new Store<ConnectionState>(initialConnectionState);
  readonly #lines = new Map<number, Line>();
  readonly #events: ConnectionEvent[] = [];
  #machine: Machine;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #leavePage: (() => void) | undefined;
  /** The lines whose server waits for another token. */
  readonly #refreshing = new Set<number>();

  constructor(options: ServerConnectionOptions) {
    this.#options = options;
    this.#dialer = new Dialer(options);
    this.#calls = new Calls(options);
    const { transport, url } = options;
    const noSockets = transport === "auto" && (!(options.WebSocket ?? globalThis.WebSocket) || remembersNoSockets(url));
    const first = transport === "auto" ? (noSockets ? "sse" : "websocket") : transport;
    this.#machine = initialMachine(first, noSockets || transport !== "auto");
  }

  get current(): ConnectionState {
    return this.#state.current;
  }

  readonly subscribe = (listener: () => void): (() => void) => this.#state.subscribe(listener);

  readonly retry = (): void => this.#dispatch({ type: "retry" });

  /**
   * Asks something of the server, which connects. No handler is called before this has returned.
   *
   * @returns the function that ends it, after which no handler is called
   * @throws {ShoalError} when it cannot be sent
   */
  call(request: CallRequest, handlers: CallHandlers): () => void {
    const call = this.#calls.add(request, handlers);
    queueMicrotask(() => {
      if (this.current.status === "closed") call.broke(clientClosed(), false);
      else if (this.current.status !== "open") this.#dispatch({ type: "use" });
      this.#calls.start(call);
    });
    return () => call.cancel();
  }

  /** Ends it for good. Resolves once what was under way is answered. */
  async close(): Promise<void> {
    this.#dispatch({ type: "close" });
    this.#leavePage?.();
    await this.#calls.idle();
  }

  /** One event after the other: what is done for one may bring the next. */
  #dispatch(event: ConnectionEvent): void {
    if (this.#events.push(event) > 1) return;
    for (const next of this.#events) apart(() => this.#handle(next));
    this.#events.length = 0;
  }

  #handle(event: ConnectionEvent): void {
    const { machine, effects } = reduce(this.#machine, event, moment());
    const { tickAt } = this.#machine;
    this.#machine = machine;
    if (machine.tickAt !== tickAt || event.type === "tick") this.#setTimer();
    this.#state.set(machine.shown);
    for (const effect of effects) this.#perform(effect);
    if (machine.phase.name === "attempting") this.#leavePage ??= listenToPage(page, (type) => this.#dispatch({ type }));
  }

  #setTimer(): void {
    clearTimeout(this.#timer);
    const { tickAt } = this.#machine;
    if (tickAt === undefined) return;
    this.#timer = setTimeout(() => this.#tick(), Math.max(0, tickAt - performance.now()));
  }

  #tick(): void {
    const { phase } = this.#machine;
    const line = phase.name === "open" ? this.#lines.get(phase.line.id) : undefined;
    this.#dispatch({ type: "tick", heardAt: line?.heardAt ?? 0 });
  }

  #perform(effect: Effect): void {
    const line = "line" in effect ? this.#lines.get(effect.line) : undefined;
    switch (effect.type) {
      case "ask":
        void this.#ask(effect.line);
        return;
      case "dial":
        this.#dial(effect.line, effect.transport, effect.token);
        return;
      case "adopt":
        if (line) this.#calls.adopt(line);
        return;
      case "ping":
        line?.ping();
        return;
      case "retire":
      case "drop":
        this.#lines.delete(effect.line);
        if (line && effect.type === "drop") this.#calls.drop(line, effect.error);
        else if (line) this.#calls.retire(line);
        return;
      case "refuse":
        this.#calls.refuse(effect.error);
        return;
      case "remember":
        rememberNoSockets(this.#options.url);
    }
  }

  async #ask(line: number): Promise<void> {
    try {
      const token = await this.#dialer.askToken();
      this.#dispatch({ type: "token", line, token });
    } catch (error) {
      this.#dispatch({ type: "lost", line, loss: { kind: "retry", error: error as ShoalError } });
    }
  }

  #dial(id: number, transport: Transport, token: string | null): void {
    try {
      const line: Line = this.#dialer.dial(
        transport,
        token,
        this.#eventsOf(id, () => line),
      );
      this.#lines.set(id, line);
    } catch (cause) {
      this.#dispatch({ type: "lost", line: id, loss: undialled(cause) });
    }
  }

  #eventsOf(line: number, get: () => Line): LineEvents {
    return {
      opened: () => this.#dispatch({ type: "opened", line }),
      answered: () => this.#dispatch({ type: "answered", line }),
      pong: () => this.#dispatch({ type: "pong", line }),
      reconnect: () => this.#dispatch({ type: "reconnect", line }),
      refresh: () => void this.#refresh(line),
      lost: (loss) => {
        // One that takes nothing more is nobody's concern but of who waits for its answers.
        if (this.#lines.has(line)) this.#dispatch({ type: "lost", line, loss });
        else this.#calls.drop(get(), loss.error);
      },
    };
  }

  /** The server soon ends what the token has begun. Without another one it does so, and the next connection asks again. */
  async #refresh(line: number): Promise<void> {
    if (!this.#options.token || this.#refreshing.has(line)) return;
    this.#refreshing.add(line);
    const token = await this.#dialer.askToken().catch(() => null);
    this.#refreshing.delete(line);
    if (token !== null) this.#lines.get(line)?.authenticate(token);
  }
}

const page = globalThis as Page;

function moment(): Moment {
  return { now: performance.now(), wall: Date.now(), random: Math.random() };
}

/** What cannot be dialed for the application's mistake is not dialed again. */
function undialled(cause: unknown): Loss {
  if (cause instanceof ShoalError) return { kind: "final", error: cause };
  return {
    kind: "retry",
    error: new ShoalError("SERVICE_UNAVAILABLE", "The connection could not be made.", { cause }),
  };
}
