import { type AnyFrame, type AnyOutcome, ShoalError, type SnapshotReason } from "@shoal/contract";
import { type ConnectionState, type ConnectionStatus, initialConnectionState } from "../../src/connection.ts";
import type { Link, SubscriptionHandlers, SubscriptionRequest } from "../../src/link.ts";
import { Store } from "../../src/store.ts";

/** A request that has reached the server. The one who asked may be gone. */
interface Arrived {
  readonly link: ModelLink;
  readonly user: string | undefined;
  readonly input: Added;
  readonly answer: (outcome: AnyOutcome | ShoalError) => void;
}

interface Added {
  readonly listId: string;
  readonly entry: string;
  readonly fate: "accepted" | "rejected" | "forbidden";
  readonly commandId: string;
}

/** What somebody added to a list, and as whom the server knew them. */
export interface Line {
  readonly entry: string;
  readonly commandId: string;
  readonly by: string;
}

/** Lines as the state of a list shows them. */
export function shownLines(lines: readonly Line[]): string[] {
  return lines.map(({ entry, by }) => `${by}: ${entry}`);
}

/** The server side of a link, in memory, for the channel `list`: it does what a server may do, when it is told to, in any order. */
export class ModelServer {
  /** Who is signed in, as a cookie or a token tells: what a connection that is made now belongs to. */
  user: string | undefined = "ann";
  /** The entries that have ever arrived. */
  readonly heard = new Set<string>();
  readonly #logs = new Map<string, Line[]>();
  readonly #outcomes = new Map<string, AnyOutcome>();
  readonly #links = new Set<ModelLink>();
  readonly #arrived: Arrived[] = [];
  readonly #answers: (() => void)[] = [];

  log(listId: string): Line[] {
    const log = this.#logs.get(listId) ?? [];
    this.#logs.set(listId, log);
    return log;
  }

  /** The link of one user of a client. */
  link(check: () => void): Link {
    const link: ModelLink = new ModelLink(this, check, () => this.#links.delete(link));
    this.#links.add(link);
    return link;
  }

  get idle(): boolean {
    return this.#arrived.length === 0 && this.#answers.length === 0;
  }

  arrive(request: Arrived): void {
    this.#arrived.push(request);
    this.heard.add(request.input.entry);
  }

  /** Connections that were being made are open. */
  open(): void {
    for (const link of [...this.#links]) link.open();
  }

  /** All connections are lost. What had arrived may be done nevertheless, later. */
  lose(): void {
    for (const link of [...this.#links]) link.lose();
  }

  /** Deals with one of the requests that have arrived; `luck` decides with which one, and what comes of it. */
  decide(luck: number): void {
    const [request] = this.#arrived.splice(luck % Math.max(1, this.#arrived.length), 1);
    if (!request) return;
    const answer = this.#decide(request, luck % 11);
    this.#answers.push(() => request.answer(answer));
  }

  /** One of the answers arrives. */
  answer(luck: number): void {
    const [answer] = this.#answers.splice(luck % Math.max(1, this.#answers.length), 1);
    answer?.();
  }

  /** Some of what subscribers have not got yet arrives. */
  deliver(luck: number): void {
    for (const link of [...this.#links]) link.deliver(luck);
  }

  #decide(request: Arrived, luck: number): AnyOutcome | ShoalError {
    if (luck === 1) return Object.assign(failure("TOO_MANY_REQUESTS"), { retryAfterMs: 5_000 });
    if (luck === 2) return failure("SERVICE_UNAVAILABLE");
    if (request.input.fate === "forbidden") return failure("FORBIDDEN");
    const outcome = this.#execute(request);
    return luck === 3 ? failure("SERVICE_UNAVAILABLE") : outcome;
  }

  #execute({ user, input }: Arrived): AnyOutcome {
    const key = JSON.stringify([user ?? null, input.listId, input.commandId]);
    const known = this.#outcomes.get(key);
    if (known) return known;
    const log = this.log(input.listId);
    const accepted = input.fate === "accepted";
    if (accepted) log.push({ entry: input.entry, commandId: input.commandId, by: user ?? "nobody" });
    const outcome: AnyOutcome = accepted ? { ok: true, offset: log.length } : { ok: false, reason: "REJECTED" };
    this.#outcomes.set(key, outcome);
    return outcome;
  }
}

interface Subscriber {
  readonly request: () => SubscriptionRequest;
  readonly handlers: SubscriptionHandlers;
  listId: string;
  /** Where the subscriber is; undefined before its first frame. */
  offset: number | undefined;
  /** Where it said to be; undefined where it wants a snapshot. */
  from: number | undefined;
}

class ModelLink implements Link {
  readonly connection = new Store<ConnectionState>(initialConnectionState);
  readonly #server: ModelServer;
  readonly #check: () => void;
  readonly #gone: () => void;
  readonly #waiting = new Set<() => void>();
  readonly #pending = new Set<(error: ShoalError) => void>();
  readonly #subscribers = new Set<Subscriber>();
  #user: string | undefined;

  constructor(server: ModelServer, check: () => void, gone: () => void) {
    this.#server = server;
    this.#check = check;
    this.#gone = gone;
  }

  get #open(): boolean {
    return this.connection.current.status === "open";
  }

  subscribe(_path: string, request: () => SubscriptionRequest, handlers: SubscriptionHandlers): () => void {
    const subscriber: Subscriber = { request, handlers, listId: "", offset: undefined, from: undefined };
    this.#subscribers.add(subscriber);
    this.#use();
    queueMicrotask(() => {
      if (this.#open && this.#subscribers.has(subscriber)) this.#begin(subscriber);
    });
    return () => void this.#subscribers.delete(subscriber);
  }

  mutate(_path: string, input: object, signal?: AbortSignal): Promise<unknown> {
    this.#use();
    return new Promise((resolve, reject) => {
      const send = () => {
        const link = this;
        const answer = (outcome: AnyOutcome | ShoalError) => {
          if (!this.#pending.delete(reject)) return;
          if (outcome instanceof ShoalError) reject(outcome);
          else resolve(outcome);
        };
        this.#server.arrive({ link, user: this.#user, input: input as Added, answer });
      };
      this.#pending.add(reject);
      signal?.addEventListener("abort", () => {
        this.#waiting.delete(send);
        this.#pending.delete(reject);
        reject(signal.reason);
      });
      if (this.connection.current.status === "closed") reject(failure("CLOSED"));
      else if (this.#open) send();
      else this.#waiting.add(send);
    });
  }

  query(): Promise<unknown> {
    return Promise.reject(failure("NOT_FOUND"));
  }

  async close(): Promise<void> {
    this.#show("closed");
    this.#gone();
    this.#waiting.clear();
    this.#end(failure("CLOSED"), false);
  }

  open(): void {
    if (this.connection.current.status !== "connecting" && this.connection.current.status !== "reconnecting") return;
    try {
      this.#check();
    } catch {
      return;
    }
    this.#user = this.#server.user;
    this.#show("open");
    for (const send of [...this.#waiting]) if (this.#waiting.delete(send)) send();
    for (const subscriber of [...this.#subscribers]) this.#begin(subscriber);
  }

  lose(): void {
    if (!this.#open) return;
    this.#show("reconnecting");
    this.#end(failure("SERVICE_UNAVAILABLE"), true);
  }

  deliver(luck: number): void {
    if (!this.#open) return;
    for (const subscriber of [...this.#subscribers]) this.#deliver(subscriber, luck);
  }

  #use(): void {
    if (this.connection.current.status === "idle") this.#show("connecting");
  }

  #end(error: ShoalError, lost: boolean): void {
    for (const reject of [...this.#pending]) if (this.#pending.delete(reject)) reject(error);
    for (const subscriber of [...this.#subscribers]) {
      // What waited for a connection goes on waiting.
      if (!this.#subscribers.delete(subscriber)) continue;
      subscriber.handlers.ended(error, lost);
    }
  }

  #begin(subscriber: Subscriber): void {
    const { input, lastEventId } = subscriber.request();
    subscriber.listId = (input as { listId: string }).listId;
    subscriber.offset = undefined;
    subscriber.from = lastEventId === undefined ? undefined : Number(lastEventId);
  }

  #deliver(subscriber: Subscriber, luck: number): void {
    const log = this.#server.log(subscriber.listId);
    if (subscriber.offset === undefined) {
      if (subscriber.from === undefined) this.#snapshot(subscriber, "initial");
      else if (luck % 3 === 0) this.#snapshot(subscriber, "expired");
      else this.#resume(subscriber, subscriber.from, log.length);
      return;
    }
    const missing = log.length - subscriber.offset;
    if (missing > 1 && luck % 7 === 0) this.#snapshot(subscriber, "overflow");
    else if (missing > 0) this.#events(subscriber, subscriber.offset, subscriber.offset + 1 + (luck % missing));
  }

  #snapshot(subscriber: Subscriber, reason: SnapshotReason): void {
    const log = this.#server.log(subscriber.listId);
    const state = { entries: shownLines(log) };
    this.#send(subscriber, log.length, { kind: "snapshot", reason, state, offset: log.length, at: log.length });
  }

  #resume(subscriber: Subscriber, from: number, to: number): void {
    this.#send(subscriber, from, { kind: "resumed", replayed: to - from });
    if (to > from) this.#events(subscriber, from, to);
  }

  #events(subscriber: Subscriber, after: number, to: number): void {
    const lines = this.#server.log(subscriber.listId).slice(after, to);
    const events = lines.map(({ entry, by, commandId }, index) => ({
      offset: after + index + 1,
      at: after + index + 1,
      type: "added",
      data: { entry, by },
      commandId,
    }));
    this.#send(subscriber, to, { kind: "events", from: after + 1, to, events });
  }

  #send(subscriber: Subscriber, offset: number, frame: AnyFrame): void {
    subscriber.offset = offset;
    if (this.#subscribers.has(subscriber)) subscriber.handlers.data(String(offset), frame);
  }

  #show(status: ConnectionStatus): void {
    this.connection.set({ ...this.connection.current, status } as ConnectionState);
  }
}

function failure(code: ShoalError["code"]): ShoalError {
  return new ShoalError(code, `The model says ${code}.`);
}
