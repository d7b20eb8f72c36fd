import { describe, expect, test } from "vitest";
import type { OpenStore } from "../store-suite.ts";
import { topicNamed, write } from "./write.ts";

const lobby = topicNamed("lobby");
const unavailable = { code: "SERVICE_UNAVAILABLE" };

/** What a store has for topics that need not outlive a crash. */
export function volatileLaws(name: string, open: OpenStore): void {
  describe(`${name}, asked for what need not outlive a crash,`, () => {
    test("gives the same store each time, which is its own", async () => {
      await using opened = await open();
      const volatile = opened.store.volatile();
      expect(volatile.durable).toBe(false);
      expect(opened.store.volatile()).toBe(volatile);
      expect(volatile.volatile()).toBe(volatile);
      expect(volatile === opened.store).toBe(!opened.store.durable);
    });

    test("gives one that is apart, and is closed with it", async ({ skip }) => {
      await using opened = await open();
      const { store } = opened;
      if (!store.durable) return skip("it is its own");
      const volatile = store.volatile();
      await volatile.open();
      await write(volatile, lobby, ["a", "b"]);
      await write(store, lobby, ["c"]);
      expect((await volatile.load(lobby)).events.map(({ data }) => data)).toEqual(["a", "b"]);
      expect((await store.load(lobby)).events.map(({ data }) => data)).toEqual(["c"]);
      expect((await volatile.head(lobby)).epoch).not.toBe((await store.head(lobby)).epoch);
      await store.close();
      await expect(volatile.head(lobby)).rejects.toMatchObject(unavailable);
    });
  });
}
