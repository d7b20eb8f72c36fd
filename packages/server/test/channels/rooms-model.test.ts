import assert from "node:assert/strict";
import type { Frame } from "@shoal/contract";
import { peopleOf, type RoomEntry, type Rooms, rooms, roomWindow } from "@shoal/contract/rooms";
import { system } from "@shoal/server";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { userOf } from "../support/app.ts";
import { eventually } from "../support/recorder.ts";
import { tries } from "../support/seed.ts";
import { createRooms, type RoomsApp } from "./rooms-app.ts";
import { RoomModel, type Step } from "./rooms-model.ts";

type Params = Rooms["params"];

const who = fc.constantFrom("ann", "ben", "cleo", "dan", "mod");
const text = fc.string({ minLength: 1, maxLength: 5 }).map((given) => `said ${given}`.trim());
const which = fc.nat(2 * roomWindow);

const steps: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant("post" as const), who, text }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("edit" as const), who, which, text }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("remove" as const), who, which }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("grant" as const),
      who,
      to: who,
      role: fc.constantFrom("owner" as const, "moderator" as const, "member" as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("rename" as const), who, text }) },
);

async function send(app: RoomsApp, room: Params, step: Step, messageId: string, commandId: string) {
  const { post, edit, remove, grant, rename } = app.as(step.who).rooms;
  switch (step.do) {
    case "post":
      return await post({ ...room, text: step.text, commandId });
    case "edit":
      return await edit({ ...room, messageId, text: step.text, commandId });
    case "remove":
      return await remove({ ...room, messageId, commandId });
    case "grant":
      return await grant({ ...room, to: { id: step.to, name: step.to }, role: step.role, commandId });
    case "rename":
      return await rename({ ...room, name: step.text, commandId });
  }
}

/** A client that holds what it got, and nothing else. */
class Follower {
  state: Rooms["state"] | undefined;
  offset = 0;
  readonly #abort = new AbortController();
  readonly #reading: Promise<void>;

  constructor(app: RoomsApp, room: Params) {
    this.#reading = this.#read(
      app.realtime.topic(rooms, room).as(userOf("eve")).subscribe({ signal: this.#abort.signal }),
    );
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#reading;
  }

  async #read(frames: AsyncIterable<{ readonly frame: Frame<Rooms> }>): Promise<void> {
    for await (const { frame } of frames) {
      if (frame.kind === "snapshot") [this.state, this.offset] = [frame.state, frame.offset];
      if (frame.kind !== "events") continue;
      assert.equal(frame.from, this.offset + 1);
      for (const { type, data } of frame.events) {
        const apply = rooms.apply as Record<string, (state: unknown, data: object) => Rooms["state"]>;
        this.state = apply[type]?.(this.state, data);
      }
      this.offset = frame.to;
    }
  }
}

async function wholeHistory(app: RoomsApp, room: Params, limit: number): Promise<readonly RoomEntry[]> {
  const read: RoomEntry[] = [];
  let cursor: number | null | undefined;
  while (cursor !== null) {
    const page = await app.as("eve").rooms.history({ ...room, limit, ...(cursor !== undefined && { cursor }) });
    read.unshift(...page.items.toReversed());
    expect(page.nextCursor ?? 0).toBeLessThan(cursor ?? Number.POSITIVE_INFINITY);
    cursor = page.nextCursor;
  }
  return read;
}

function toLine(entry: RoomEntry) {
  const { id, offset, kind } = entry;
  return { id, offset, by: peopleOf(entry)[0]?.id, text: kind === "message" ? entry.text : kind };
}

test("A room is for everybody, in its state and in its history, what a plain list would be, whoever posts, edits, removes and grants", async () => {
  const play = fc.record({
    before: fc.constantFrom(0, roomWindow - 10, roomWindow + 20),
    steps: fc.array(steps, { minLength: 20, maxLength: 60 }),
    limit: fc.integer({ min: 1, max: 100 }),
  });
  await fc.assert(
    fc.asyncProperty(play, async ({ before, steps: given, limit }) => {
      await using app = createRooms({ directory: false });
      const made = await app.as("ann").rooms.create({ name: "Reef", commandId: "create" });
      assert(made.ok);
      const room = made.params;
      const model = new RoomModel("ann");
      const follower = new Follower(app, room);
      const talk = Array.from({ length: before }, (_, index): Step => {
        return { do: "post", who: index % 2 === 0 ? "ben" : "cleo", text: `talk ${index}` };
      });
      for (const [index, step] of [...talk, ...given].entries()) {
        const commandId = `c${index}`;
        const messageId = "which" in step ? model.idOf(step.which) : "";
        const outcome = await send(app, room, step, messageId, commandId);
        expect(outcome.ok ? null : outcome.reason).toBe(model.take(step, commandId));
      }
      const { state, offset } = await app.realtime.topic(rooms, room).as(system).snapshot();
      await eventually(() => follower.offset === offset, "the client is where the server is");
      await follower.stop();
      expect(follower.state).toEqual(state);
      expect(state.roles.map(({ person, role }) => [person.id, role])).toEqual(model.roles);
      const history = await wholeHistory(app, room, limit);
      expect(history.map(toLine)).toEqual(model.lines);
      expect(state.entries.length).toBeLessThanOrEqual(roomWindow);
      expect(state.entries).toEqual(history.filter((entry) => entry.offset > state.older));
    }),
    tries(20),
  );
}, 60_000);
