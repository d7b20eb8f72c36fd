import { announcements } from "@shoal/contract/announcements";
import { roomDirectory } from "@shoal/contract/room-directory";
import { system } from "@shoal/server";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { mintedId } from "../../src/channel/requests.ts";
import { topicRef } from "../../src/topic-ref.ts";
import { apart } from "../durability/apart.ts";
import { dieAt } from "../durability/die-at.ts";
import { kinds, type Places } from "../durability/kinds.ts";
import { openAt, type StoreAt } from "../durability/store-at.ts";
import { eventually } from "../support/recorder.ts";
import { createRooms } from "./rooms-app.ts";

const program = new URL("./rooms-process.ts", import.meta.url);
const roomId = mintedId("rooms", "user:ann", "make");

/** How long it may take until what is left is done, in milliseconds. */
const patience = 20_000;

/** A life that ends at the first thing it commits. */
async function liveAndDie(at: StoreAt, failpoint: string): Promise<void> {
  const [created] = await stored(at);
  await dieAt(failpoint, program, at, created?.length === 0 ? "new" : "made");
}

/** What is stored of the room, the directory and the announcements, when nobody runs anything. */
async function stored(at: StoreAt) {
  const store = openAt(at);
  await store.open();
  try {
    const topics = [
      topicRef("rooms", null, { roomId }),
      topicRef("roomDirectory", null, {}),
      topicRef("announcements", null, {}),
    ];
    const logs = await Promise.all(topics.map((topic) => store.read(topic, 1, Number.MAX_SAFE_INTEGER)));
    return logs.map((log) => log.map(({ type }) => type));
  } finally {
    await store.close();
  }
}

/** A server that lives runs what is left. @returns what its users then see */
async function finish(at: StoreAt) {
  const store = openAt(at);
  await using app = createRooms({ store });
  await app.realtime.open();
  await eventually(async () => (await store.look(null)).effects.length === 0, "no effect is left", patience);
  // What is committed is told to who holds the topic a moment later.
  const announced = async () => (await app.realtime.topic(announcements, {}).as(system).state()).latest.length > 0;
  await eventually(announced, "the announcement is heard of", patience);
  const [{ rooms: held }, { latest }, { items }] = await Promise.all([
    app.realtime.topic(roomDirectory, {}).as(system).state(),
    app.realtime.topic(announcements, {}).as(system).state(),
    app.as("ben").roomDirectory.list({}),
  ]);
  expect(held).toEqual(items);
  return { held, latest };
}

const done = [["created"], ["added"], ["announced"]];

for (const { name, here, prepare } of kinds) {
  describe.skipIf(!here)(`On ${name}, a room that is created`, () => {
    let places: Places;
    beforeAll(async () => {
      places = await prepare();
    }, 60_000);
    afterAll(() => places[Symbol.asyncDispose]());

    const [undone, after, unpublished] = ["before-commit", "after-commit", "before-publish"];
    test.each([
      { lives: [undone, after, undone, after, undone, after], leaves: done },
      { lives: [unpublished, unpublished, unpublished], leaves: done },
      { lives: [after, undone, unpublished, undone], leaves: [["created"], ["added"], []] },
      { lives: [unpublished, undone, undone], leaves: [["created"], [], []] },
    ])(
      "is listed once and announced once, though servers die $lives",
      async ({ lives, leaves }) => {
        const at = await apart(places.next());
        for (const failpoint of lives) await liveAndDie(at, failpoint);
        expect(await stored(at)).toEqual(leaves);
        const { held, latest } = await finish(at);
        expect(held).toMatchObject([{ roomId, name: "Reef" }]);
        expect(latest).toMatchObject([{ kind: "opened", roomId, name: "Reef" }]);
        await finish(at);
        expect(await stored(at)).toEqual(done);
      },
      90_000,
    );
  });
}
