import { type AnyChannel, ShoalError } from "@shoal/contract";
import type { Client } from "./client.ts";
import { type ClientOptions, withDefaults } from "./client-options.ts";
import { ServerClock } from "./clock.ts";
import { CommandQueue } from "./command-queue.ts";
import type { Connection } from "./connection.ts";
import type { Link } from "./link.ts";
import type { LooseChannel } from "./loose.ts";
import { newCommandId } from "./new-command-id.ts";
import { requestFunctions } from "./request-functions.ts";
import type { CommandOptions, RequestOptions } from "./topic.ts";
import { WatchedTopics } from "./topic-list.ts";
import { Topics } from "./topics.ts";
import { UserLink } from "./user-link.ts";
import { WatchedTopic, type WatchedTopicOptions } from "./watched-topic.ts";

/** Puts a client together. `create` makes the link of one user, as {@link UserLink} says. */
export function clientOnLink<const Channels extends readonly AnyChannel[]>(
  options: ClientOptions<Channels>,
  create: (check: () => void) => Link,
): Client<Channels> {
  const given = withDefaults(options);
  const link = new UserLink({
    user: given.user,
    create,
    changed() {
      topics.clear();
      queue.connectionChanged();
    },
  });
  const paths = routerPaths(given.path);
  const clock = new ServerClock(link.connection, () => link.query(paths("connection.time"), undefined));
  const topics = new Topics();
  const queue = new CommandQueue({
    open: () => link.connection.current.status === "open",
    userKey: () => link.check(),
    maxQueued: given.maxQueued,
    maxQueuedMs: given.maxQueuedMs,
  });
  link.connection.subscribe(() => queue.connectionChanged());
  const clientId = newCommandId();
  const common = {
    link,
    queue,
    clientId,
    user: () => {
      link.check();
      return given.user();
    },
    userKey: () => link.userKey,
    now: clock.now,
    keepAlive: given.keepAlive,
    presenceInterval: given.presenceInterval,
    usageChanged: (topic: WatchedTopic) => topics.usageChanged(topic),
  };
  const topic = (channel: LooseChannel, params: object) =>
    topics.get(channel.name, params, () => new WatchedTopic(channel, params, { ...common, path: paths(channel.name) }));
  const list = (channel: LooseChannel, of: readonly object[]) =>
    new WatchedTopics((params) => topic(channel, params), of);
  const close = async () => {
    topics.close();
    queue.close();
    clock.close();
    await link.close();
  };
  const checkUser = () => void link.check();
  const connection: Connection = {
    get current() {
      return link.connection.current;
    },
    subscribe: link.connection.subscribe,
    retry: () => link.retry(),
  };
  const client: Record<string, unknown> = { clientId, connection, clock, topic, topics: list, queue, checkUser, close };
  for (const channel of options.channels) {
    if (channel.name in client)
      throw new ShoalError("BAD_REQUEST", `The client already has a "${channel.name}": give the channel another name.`);
    client[channel.name] = clientChannel(channel, { ...common, path: paths(channel.name) }, topic);
  }
  return client as unknown as Client<Channels>;
}

function clientChannel(
  channel: LooseChannel,
  { link, queue, path, clientId }: Pick<WatchedTopicOptions, "link" | "queue" | "path" | "clientId">,
  topic: (channel: LooseChannel, params: object) => WatchedTopic,
) {
  const query = requestFunctions<RequestOptions>(Object.keys(channel.queries), (name, input, options) =>
    link.query(`${path}.${name}`, input, options?.signal, channel.queries[name]?.large),
  );
  const creating = Object.keys(channel.commands).filter((name) => channel.commands[name]?.creates);
  const send = requestFunctions<CommandOptions>(
    creating,
    (name, given, { commandId = newCommandId(), signal } = {}) => {
      const input = { ...given, commandId, clientId, version: channel.version };
      return queue.add({
        // Each makes a topic of its own, so none has to wait for another.
        lane: commandId,
        signal,
        send: (attempt) => link.mutate(`${path}.${name}`, input, attempt),
      });
    },
  );
  return Object.assign((params: object) => topic(channel, params), { query, send });
}

function routerPaths(root: string): (channel: string) => string {
  return (channel) => (root === "" ? channel : `${root}.${channel}`);
}
