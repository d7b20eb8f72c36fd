export { type AnyClient, type Client, type ClientChannel, createClient } from "./client.ts";
export type { ClientOptions, ClientUser } from "./client-options.ts";
export type { Clock } from "./clock.ts";
export {
  type ClosedConnection,
  type ConnectingConnection,
  type Connection,
  type ConnectionState,
  type ConnectionStatus,
  type FailedConnection,
  type IdleConnection,
  initialConnectionState,
  type OpenConnection,
  type ReconnectingConnection,
  type Transport,
} from "./connection.ts";
export { newCommandId } from "./new-command-id.ts";
export { initialQueueState, type Queue, type QueueState } from "./queue-state.ts";
export type { Readable } from "./store.ts";
export type {
  BeginningState,
  Broadcast,
  CommandOptions,
  Create,
  Presence,
  Query,
  RequestOptions,
  Send,
  Topic,
} from "./topic.ts";
export { topicKey } from "./topic-key.ts";
export type { TopicList } from "./topic-list.ts";
export {
  type ClosedTopic,
  type ConnectingTopic,
  type FailedTopic,
  initialTopicState,
  type LiveTopic,
  type ReconnectingTopic,
  type TopicState,
} from "./topic-state.ts";
export type { Transformer } from "./transformer.ts";
export type { WebSocketConstructor, WebSocketLike } from "./web-socket.ts";
