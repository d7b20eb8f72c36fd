export type { Duration } from "@shoal/contract";
export { type CompactionLawOptions, checkCompaction } from "./compaction-law.ts";
export { checkApply, checkConflation, checkView, type LawOptions } from "./laws.ts";
export { checkRedaction, type LawCommand, type LawEvent, type RedactionLawOptions } from "./redaction-law.ts";
export {
  type LoggedLine,
  type TestClient,
  type TestRealtime,
  type TestRealtimeOptions,
  type TestTopicOptions,
  testRealtime,
} from "./test-realtime.ts";
export type { TestTopic } from "./test-topic.ts";
