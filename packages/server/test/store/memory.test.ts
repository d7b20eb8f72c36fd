import { createMemoryStore } from "@shoal/server";
import { expect, test } from "vitest";
import { topicNamed, write } from "../suites/store/write.ts";
import { storeSuite } from "../suites/store-suite.ts";

storeSuite("The memory store", async () => {
  const store = createMemoryStore();
  await store.open();
  return { store, another: async () => store, [Symbol.asyncDispose]: () => store.close() };
});

test("The memory store says that it loses what it holds, and takes its clock from who makes it", async () => {
  let time = 1_000;
  const store = createMemoryStore({ now: () => time });
  await store.open();
  expect(store.durable).toBe(false);
  expect(await write(store, topicNamed("lobby"), ["a"])).toBe(1_000);
  time = 2_000;
  expect(await write(store, topicNamed("lobby"), ["b"])).toBe(2_000);
});
