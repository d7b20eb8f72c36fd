import {
  type AnyFrame,
  type AnyTopicSnapshot,
  type BroadcastFrame,
  ShoalError,
  type SnapshotReason,
} from "@shoal/contract";
import type { ClientUser } from "./client-options.ts";
import type { CommandQueue } from "./command-queue.ts";
import type { Link, SubscriptionRequest } from "./link.ts";
import { Listeners } from "./listeners.ts";
import type { LooseChannel, LooseTypes } from "./loose.ts";
import { Replication } from "./replication.ts";
import { type RequestFunctions, requestFunctions } from "./request-functions.ts";
import { sameFields } from "./same.ts";
import { type Readable, Store } from "./store.ts";
import type { BeginningState, CommandOptions, RequestOptions } from "./topic.ts";
import { TopicCommands } from "./topic-commands.ts";
import { topicKey } from "./topic-key.ts";
import { TopicPresence } from "./topic-presence.ts";
import { initialTopicState, type TopicState } from "./topic-state.ts";
import { Usage } from "./usage.ts";
import { Watch } from "./watch.ts";

type State = TopicState<LooseTypes>;
type AnyBroadcast = BroadcastFrame<Record<string, unknown>>;

export interface WatchedTopicOptions {
  readonly link: Link;
  readonly queue: Pick<CommandQueue, "add">;
  /** The path of the channel's router. */
  readonly path: string;
  readonly clientId: string;
  readonly user: () => ClientUser | null;
  /** Whose connection it is. */
  readonly userKey: () => string | undefined;
  /** The server's time in milliseconds, as far as it is known. */
  readonly now: () => number;
  readonly keepAlive: number;
  readonly presenceInterval: number;
  /** Called when the topic comes into use and when it is used no more. */
  usageChanged(topic: WatchedTopic): void;
}

/** A topic of any channel. Frames, commands and presence meet here; what they do is decided in pure functions elsewhere. */
export class WatchedTopic implements Readable<State> {
  readonly channel: string;
  readonly params: object;
  readonly send: RequestFunctions<CommandOptions>;
  readonly broadcast: RequestFunctions<RequestOptions>;
  readonly presence: TopicPresence;
  readonly #contract: LooseChannel;
  readonly #replication: Replication;
  readonly #commands: TopicCommands;
  readonly #options: WatchedTopicOptions;
  readonly #store = new Store<State>(initialTopicState);
  readonly #broadcasts = new Listeners<[AnyBroadcast]>();
  readonly #resets = new Listeners<[SnapshotReason]>();
  readonly #usage: Usage;
  readonly #watch: Watch;
  #status: State["status"] = "connecting";
  #error: ShoalError | undefined;
  /** Whether the present subscription was made as a member. */
  #member = false;
  #audience: string | undefined;
  /** The audience that the present subscription asked for. */
  #asked: string | undefined;
  #reconciling = false;

  constructor(contract: LooseChannel, params: object, options: WatchedTopicOptions) {
    this.channel = contract.name;
    // Whoever gave them may change them for the next topic.
    this.params = { ...params };
    this.#contract = contract;
    this.#options = options;
    this.#replication = new Replication(contract);
    this.#commands = new TopicCommands({
      contract,
      queue: options.queue,
      lane: topicKey(contract.name, params),
      user: options.user,
      userKey: options.userKey,
      now: () => Math.max(options.now(), this.#replication.replica?.at ?? 0),
      offset: () => this.#replication.replica?.offset,
      watched: () => this.#watch.running,
      changed: () => this.#publish(),
      mutate: (command, input, signal) =>
        this.#mutate(command, { ...input, clientId: options.clientId, version: contract.version }, signal),
    });
    this.send = requestFunctions(publicCommands(contract), (name, input, given) =>
      this.#commands.send(name, input, given),
    );
    this.broadcast = requestFunctions(Object.keys(contract.broadcasts), async (name, data, given) => {
      await this.#mutate("broadcast", { name, data }, given?.signal);
    });
    this.presence = new TopicPresence({
      interval: options.presenceInterval,
      changed: () => this.#reconcileSoon(),
      ready: () => this.#member && this.#replication.opened,
      send: (state) => this.#mutate("presence", { clientId: options.clientId, state }),
    });
    this.#usage = new Usage(options.keepAlive, () => this.#usageChanged());
    this.#watch = new Watch(options.link, `${options.path}.watch`, {
      request: () => this.#request(),
      frame: (position, frame) => this.#frame(position, frame),
      lost: (error) => this.#interrupt("reconnecting", error),
      failed: (error) => this.#failed(error),
    });
  }

  get current(): State {
    return this.#store.current;
  }

  /** Whether anybody needs the topic. */
  get active(): boolean {
    return this.#usage.active;
  }

  /** Whether commands of it are pending, so that it must not be forgotten. */
  get busy(): boolean {
    return this.#commands.busy;
  }

  readonly subscribe = (listener: () => void): (() => void) => this.#use(this.#store.subscribe(listener));

  readonly onBroadcast = (listener: (broadcast: AnyBroadcast) => void): (() => void) =>
    this.#use(this.#broadcasts.add(listener));

  readonly onReset = (listener: (reason: SnapshotReason) => void): (() => void) =>
    this.#use(this.#resets.add(listener));

  readonly hydrate = (snapshot: BeginningState<LooseTypes>): void => {
    const { version } = this.#contract;
    if (this.#status === "closed" || (snapshot.version ?? version) !== version) return;
    // From what is too large to be watched from where it is, nothing goes on.
    if (this.#error?.code === "PAYLOAD_TOO_LARGE") this.#replication.clear();
    if (!this.#replication.hydrate(snapshot, this.#watch.running)) return;
    if (this.#status === "connecting") this.#status = "reconnecting";
    this.#publish();
  };

  readonly setAudience = (audience: string | undefined): void => {
    if (this.#audience === audience) return;
    this.#audience = audience;
    this.retry();
    this.#reconcileSoon();
  };

  readonly retry = (): void => {
    if (this.#status !== "failed") return;
    this.#rest();
    this.#reconcileSoon();
  };

  readonly snapshot = (): AnyTopicSnapshot | undefined => {
    const { replica, position } = this.#replication;
    if (!replica || position === undefined) return undefined;
    const { state, offset, at } = replica;
    const { name: channel, version } = this.#contract;
    return { channel, version, params: this.params, state, offset, at, position };
  };

  /** Forgets what it has shown, as when another user has come, and starts anew if it is in use. */
  clear(): void {
    if (this.#status === "closed") return;
    this.#replication.clear();
    this.#rest();
    this.#reconcileSoon();
  }

  /** To be called when the client is closed. */
  close(): void {
    this.#usage.close();
    this.#end("closed", undefined);
  }

  /** Keeps the topic in use until the returned function is called, which ends what `end` ends, too. */
  #use(end: () => void): () => void {
    const leave = this.#usage.begin();
    return () => {
      end();
      leave();
    };
  }

  #usageChanged(): void {
    this.#options.usageChanged(this);
    this.#reconcileSoon();
  }

  /** Later, so that what a page does in one go makes one subscription, and what it does and undoes makes none. */
  #reconcileSoon(): void {
    if (this.#reconciling) return;
    this.#reconciling = true;
    queueMicrotask(() => {
      this.#reconciling = false;
      this.#reconcile();
    });
  }

  /** Makes the watch what the topic's users ask for. */
  #reconcile(): void {
    if (this.#status === "closed") return;
    if (!this.active) this.#rest();
    else if (this.#status === "failed") return;
    else if (this.#watch.waiting) return;
    else if (!this.#watch.running || this.#member !== this.presence.present || this.#asked !== this.#audience)
      this.#restart();
    else if (this.#replication.opened) this.presence.update();
  }

  #restart(): void {
    this.#replication.interrupt();
    this.#watch.start();
  }

  #rest(): void {
    this.#end(this.#replication.replica ? "reconnecting" : "connecting", undefined);
  }

  /** Nothing more will be heard of the topic. */
  #end(status: State["status"], error: ShoalError | undefined): void {
    this.#watch.stop();
    this.#commands.rest();
    this.#interrupt(status, error);
  }

  #request(): SubscriptionRequest {
    this.#member = this.presence.present;
    const presence = this.presence.begin();
    const member = this.#member && { ...presence, clientId: this.#options.clientId };
    const audience = this.#audience;
    this.#asked = audience;
    const input = { ...this.params, version: this.#contract.version, ...member, ...(audience && { audience }) };
    return { input, lastEventId: this.#replication.position };
  }

  #frame(position: string, frame: AnyFrame): void {
    const before = this.#replication.replica;
    if (!this.#take(position, frame)) return;
    const { replica, live } = this.#replication;
    this.#commands.confirm(frame, replica?.offset ?? 0);
    if (frame.kind === "snapshot" || frame.kind === "resumed") {
      this.#watch.succeeded();
      this.presence.update();
    }
    if (live) this.#become("live", undefined);
    this.#publish();
    if (frame.kind === "broadcast") this.#broadcasts.tell(frame);
    if (frame.kind === "snapshot" && before) this.#resets.tell(frame.reason);
  }

  #take(position: string, frame: AnyFrame): boolean {
    try {
      const followed = this.#replication.take(position, frame);
      if (!followed) this.#resynchronise();
      return followed;
    } catch (cause) {
      this.#replication.forgetPosition();
      this.#end("failed", cannotApply(this.channel, cause));
      return false;
    }
  }

  /** A position that the server cannot read, as after a deploy that changed their form, is given up; the topic is not. */
  #failed(error: ShoalError): void {
    if (error.code === "CLOSED") this.close();
    else if (error.code === "BAD_REQUEST" && this.#replication.position !== undefined) this.#resynchronise();
    else this.#end("failed", error);
  }

  #resynchronise(): void {
    this.#replication.forgetPosition();
    this.#watch.startLater();
    this.#interrupt("reconnecting", undefined);
  }

  #interrupt(status: State["status"], error: ShoalError | undefined): void {
    this.#replication.interrupt();
    this.presence.interrupt();
    this.#become(status, error);
    this.#publish();
  }

  #become(status: State["status"], error: ShoalError | undefined): void {
    this.#status = status;
    this.#error = error;
  }

  #mutate(procedure: string, input: object, signal?: AbortSignal): Promise<unknown> {
    return this.#options.link.mutate(`${this.#options.path}.${procedure}`, { ...this.params, ...input }, signal);
  }

  #publish(): void {
    const { replica } = this.#replication;
    const next = {
      status: this.#status,
      stale: replica !== undefined && this.#status !== "live",
      state: replica && this.#commands.show(replica.state),
      offset: replica?.offset,
      error: this.#error,
      members: replica?.members ?? initialTopicState.members,
      pending: this.#commands.pending,
    } as State;
    if (!sameFields(this.#store.current, next)) this.#store.set(next);
  }
}

function publicCommands(contract: LooseChannel): string[] {
  const names = Object.keys(contract.commands);
  return names.filter((name) => !contract.commands[name]?.internal && !contract.commands[name]?.creates);
}

function cannotApply(channel: string, cause: unknown): ShoalError {
  const message = `The contract of "${channel}" could not apply what the server sent. Is this client older than the server?`;
  return new ShoalError("INTERNAL_SERVER_ERROR", message, { cause });
}
