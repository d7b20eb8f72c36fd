import type { Member } from "@shoal/contract";
import { describe, expect, test } from "vitest";
import { foldPresence } from "../src/members.ts";

function member(id: string, ...tabs: string[]): Member<unknown> {
  return { id, clients: tabs.map((tab) => ({ id: tab, state: { typing: false } })) };
}

describe("the members of a topic", () => {
  const known = [member("ann", "a1"), member("bob", "b1")];

  test("are replaced by a full list", () => {
    expect(foldPresence(known, { kind: "presence", full: [member("cid", "c1")] })).toEqual([member("cid", "c1")]);
  });

  test("may all be gone", () => {
    expect(foldPresence(known, { kind: "presence", full: [] })).toEqual([]);
  });

  test("join at the end, change in their place and leave by their id", () => {
    const frame = {
      kind: "presence",
      joined: [member("cid", "c1")],
      updated: [member("ann", "a1", "a2")],
      left: ["bob"],
    } as const;
    expect(foldPresence(known, frame)).toEqual([member("ann", "a1", "a2"), member("cid", "c1")]);
  });

  test("are never listed twice, even when one who is here joins", () => {
    expect(foldPresence(known, { kind: "presence", joined: [member("bob", "b2")] })).toEqual([
      member("ann", "a1"),
      member("bob", "b2"),
    ]);
  });

  test("are the same list as before where nobody was and nobody is", () => {
    const nobody: readonly Member<unknown>[] = [];
    expect(foldPresence(nobody, { kind: "presence", full: [] })).toBe(nobody);
  });
});
