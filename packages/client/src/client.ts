import type { AnyChannel, Channel, ChannelTypes, TypesOf } from "@shoal/contract";
import { clientOnLink } from "./client-on-link.ts";
import type { ClientOptions } from "./client-options.ts";
import type { Connection } from "./connection.ts";
import type { Link } from "./link.ts";
import type { Queue } from "./queue-state.ts";
import type { Create, Query, Topic } from "./topic.ts";
import type { TopicList } from "./topic-list.ts";
import { TrpcLink } from "./trpc-link.ts";

/** What a client is, whatever its channels: enough for code that is given the contract, such as hooks. */
export interface AnyClient {
  readonly connection: Connection;
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
  return clientOnLink(options, (check) => linkOf(options, check));
}

/** The link of one user. `check` throws where the user has changed meanwhile, so that no token of another reaches its server. */
function linkOf({ url, token, transformer, WebSocket }: ClientOptions<readonly AnyChannel[]>, check: () => void): Link {
  const checked = async () => {
    check();
    const asked = await token?.();
    check();
    return asked ?? null;
  };
  return new TrpcLink({ url, token: token && checked, transformer, WebSocket });
}
