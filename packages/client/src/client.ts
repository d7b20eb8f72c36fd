import type { AnyChannel, Channel, ChannelTypes, TypesOf } from "@shoal/contract";
import { ClientLink } from "./client-link.ts";
import { clientOnLink } from "./client-on-link.ts";
import { type ClientOptions, withDefaults } from "./client-options.ts";
import type { Clock } from "./clock.ts";
import { ServerConnection } from "./connection/server-connection.ts";
import { setCallerOf } from "./connection/shared-caller.ts";
import type { Connection } from "./connection.ts";
import { outdatedTeller } from "./outdated.ts";
import type { Queue } from "./queue-state.ts";
import type { Create, Query, Topic } from "./topic.ts";
import type { TopicList } from "./topic-list.ts";
import { codecOf } from "./transformer.ts";

/** What a client is, whatever its channels: enough for code that is given the contract, such as hooks. */
export interface AnyClient {
  /**
   * What this client names itself to the server: others see a digest of it, by which it finds itself among the members of a topic. Of
   * a client that is not signed in it is a secret.
   */
  readonly clientId: string;
  readonly connection: Connection;
  /** The server's time. */
  readonly clock: Clock;
  /** The topic of a channel, whether the client was created with it or not. */
  readonly topic: <T extends ChannelTypes>(channel: Channel<T>, params: T["params"]) => Topic<T>;
  /** Many topics of a channel as one value. What is subscribed in one turn travels in one message. */
  readonly topics: <T extends ChannelTypes>(channel: Channel<T>, list: readonly T["params"][]) => TopicList<T>;
  /** The commands that wait to be sent, or to be sent again. */
  readonly queue: Queue;
  /**
   * To be called when somebody has signed in or out: looks at the option `user`, and where it is another one connects anew. The
   * client also looks by itself whenever it is used and whenever its connection changes.
   */
  readonly checkUser: () => void;
  /** Ends all topics and the connection, for good. Resolves once what was under way is answered. */
  readonly close: () => Promise<void>;
}

/** One channel of a client: call it with params to get a topic. */
export interface ClientChannel<T extends ChannelTypes> {
  (params: T["params"]): Topic<T>;
  readonly query: Query<T>;
  /** The commands that make a topic. */
  readonly send: Create<T>;
}

/** A client with a function for each of its channels, under the channel's name. */
export type Client<Channels extends readonly AnyChannel[]> = AnyClient & {
  readonly [C in Channels[number] as TypesOf<C>["name"]]: ClientChannel<TypesOf<C>>;
};

/**
 * Creates a client. It connects at its first use, and again whenever the connection is lost, until it is closed.
 *
 * @throws {ShoalError} `BAD_REQUEST` when two channels have one name, or one has a name that the client uses itself
 *
 * @example
 * ```ts
 * const client = createClient({ url: "/trpc", channels: [counter] });
 * const topic = client.counter({ counterId: "home" });
 * const stop = topic.subscribe(() => render(topic.current));
 * const outcome = await topic.send.add({ by: 3 });
 * ```
 */
export function createClient<const Channels extends readonly AnyChannel[]>(
  options: ClientOptions<Channels>,
): Client<Channels> {
  let present: ServerConnection | undefined;
  const heard = outdatedTeller(withDefaults(options).onOutdated);
  const client = clientOnLink(options, (check) => {
    present = connectionOf(options, check);
    return new ClientLink(present, codecOf(options.transformer), heard);
  });
  setCallerOf(client, () => {
    client.checkUser();
    return present as ServerConnection;
  });
  return client;
}

/** The connection of one user. `check` throws where the user has changed meanwhile, so that no token of another reaches its server. */
function connectionOf(options: ClientOptions<readonly AnyChannel[]>, check: () => void): ServerConnection {
  const { token, transformer } = options;
  const { path, ...given } = withDefaults(options);
  const checked = async () => {
    check();
    const asked = await token?.();
    check();
    return asked ?? null;
  };
  return new ServerConnection({
    ...options,
    ...given,
    token: token && checked,
    codec: codecOf(transformer),
    timePath: path === "" ? "connection.time" : `${path}.connection.time`,
  });
}
