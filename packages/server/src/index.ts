export { createMemoryHub } from "./broker/memory.ts";
export type { Broker, BrokerMessage } from "./broker.ts";
export * from "./channel/command-call.ts";
export {
  definePrivate,
  type NoPrivate,
  type PrivateMigration,
  type PrivatePart,
  type PrivateTypes,
} from "./channel/define-private.ts";
export { defineTables, type TableStep, type Tables } from "./channel/define-tables.ts";
export type { Derive, DeriveCall, DerivedValue } from "./channel/derive.ts";
export { type Effect, effect } from "./channel/effects.ts";
export type { ErasedUserReport, UnhandledTopic } from "./channel/erasure.ts";
export type { Attachment, FrameSink } from "./channel/frame-sink.ts";
export type { OpenCall, WatchedCall } from "./channel/lasting-call.ts";
export type { MemberCall } from "./channel/member-call.ts";
export * from "./channel/prepare-call.ts";
export * from "./channel/router-types.ts";
export { serveChannel } from "./channel/serve-channel.ts";
export * from "./channel/serve-options.ts";
export type { SharedFrame } from "./channel/shared-frame.ts";
export {
  type Actor,
  type ChannelFor,
  type SendCommandOptions,
  type SystemTopicHandle,
  system,
  type TopicFor,
  type TopicHandle,
} from "./channel/topic-handle.ts";
export { attach, type Watch } from "./channel/watch.ts";
export { type Handed, type HandsOf, withHand } from "./channel/with-hand.ts";
export { retryAfterHeaders, withErrorDetails } from "./error-details.ts";
export { consoleLogger, type Logger } from "./logger.ts";
export type { Fault, Observer, OnlineUser, UserHere } from "./observe/observers.ts";
export {
  type ChannelStats,
  type CommandStats,
  type Flow,
  type LatencyStats,
  quantileOf,
  type RealtimeStats,
} from "./observe/stats.ts";
export * from "./realtime.ts";
export type { RealtimeOptions } from "./realtime-options.ts";
export type { ConnectionCall, ConnectionOptions } from "./security/connections.ts";
export type { OriginOptions } from "./security/origins.ts";
export type { RateOptions } from "./security/rates.ts";
export { type RequestGuard, type RequestGuardOptions, requestGuard } from "./security/request-guard.ts";
export { refusalOfToken, tokenInUrl } from "./security/token-in-url.ts";
export { createMemoryStore } from "./store/memory.ts";
export { createSqliteStore, type SqliteStore, type SqliteStoreOptions } from "./store/sqlite/sqlite-store.ts";
export * from "./store.ts";
export { type TopicRef, topicRef } from "./topic-ref.ts";
export { type ServeHandle, type ServerOptions, serve } from "./transport/serve.ts";
export type { User } from "./user.ts";
