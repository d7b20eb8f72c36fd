import { type AnyChannel, type Channel, type ChannelTypes, ShoalError, type TypesOf } from "@shoal/contract";
import { v4 as uuidv4, v7 as uuidv7 } from "uuid";
import { type ClientOptions, defaultOptions } from "./client-options.ts";
import type { Connection } from "./connection.ts";
import type { Link } from "./link.ts";
import type { LooseChannel } from "./loose.ts";
import { tellOutdated } from "./outdated.ts";
import { requestFunctions } from "./request-functions.ts";
import type { CommandOptions, Create, Query, RequestOptions, Topic } from "./topic.ts";
import { type TopicList, WatchedTopics } from "./topic-list.ts";
import { Topics } from "./topics.ts";
import { TrpcLink } from "./trpc-link.ts";
import { WatchedTopic } from "./watched-topic.ts";

/** What a client is, whatever its channels: enough for code that is given the contract, such as hooks. */
export interface AnyClient {
  readonly connection: Connection;
  /** The topic of a channel, whether the client was created with it or not. */
  readonly topic: <T extends ChannelTypes>(channel: Channel<T>, params: T["params"]) => Topic<T>;
  /** Many topics of a channel as one value. What is subscribed in one turn travels in one message. */
  readonly topics: <T extends ChannelTypes>(channel: Channel<T>, list: readonly T["params"][]) => TopicList<T>;
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
  const trpcLink = new TrpcLink({
    url: options.url,
    token: options.token,
    transformer: options.transformer,
    WebSocket: options.WebSocket,
  });
  const link = tellOutdated(trpcLink, options.onOutdated ?? defaultOptions.onOutdated);
  const paths = routerPaths(options.path ?? defaultOptions.path);
  const known = new Topics();
  const common = {
    link,
    clientId: uuidv4(),
    user: options.user ?? defaultOptions.user,
    keepAlive: options.keepAlive ?? defaultOptions.keepAlive,
    presenceInterval: options.presenceInterval ?? defaultOptions.presenceInterval,
    usageChanged: (topic: WatchedTopic) => known.usageChanged(topic),
  };
  const topic = (channel: LooseChannel, params: object) =>
    known.get(channel.name, params, () => new WatchedTopic(channel, params, { ...common, path: paths(channel.name) }));
  const topics = (channel: LooseChannel, list: readonly object[]) =>
    new WatchedTopics((params) => topic(channel, params), list);
  const close = async () => {
    known.close();
    await link.close();
  };
  const client: Record<string, unknown> = { connection: link.connection, topic, topics, close };
  for (const channel of options.channels) {
    if (channel.name in client)
      throw new ShoalError("BAD_REQUEST", `The client already has a "${channel.name}": give the channel another name.`);
    client[channel.name] = clientChannel(channel, link, paths(channel.name), common.clientId, topic);
  }
  return client as unknown as Client<Channels>;
}

function clientChannel(
  channel: LooseChannel,
  link: Link,
  path: string,
  clientId: string,
  topic: (channel: LooseChannel, params: object) => WatchedTopic,
) {
  const query = requestFunctions<RequestOptions>(Object.keys(channel.queries), (name, input, options) =>
    link.query(`${path}.${name}`, input, options?.signal),
  );
  const creating = Object.keys(channel.commands).filter((name) => channel.commands[name]?.creates);
  const send = requestFunctions<CommandOptions>(creating, (name, input, { commandId = uuidv7(), signal } = {}) =>
    link.mutate(`${path}.${name}`, { ...input, commandId, clientId, version: channel.version }, signal),
  );
  return Object.assign((params: object) => topic(channel, params), { query, send });
}

function routerPaths(root: string): (channel: string) => string {
  return (channel) => (root === "" ? channel : `${root}.${channel}`);
}
