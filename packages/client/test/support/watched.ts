import type { Readable } from "../../src/store.ts";
import { until } from "./until.ts";

/** Watches a topic to the end of the test. Resolves to it once it is live. */
export async function watched<T extends Readable<{ readonly status: string }>>(topic: T): Promise<T> {
  topic.subscribe(() => {});
  await until(topic, ({ status }) => status === "live");
  return topic;
}
