import { attach, type FrameSink, system, type Watch } from "@shoal/server";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { turn } from "../support/recorder.ts";
import { tries } from "../support/seed.ts";
import { board, createBoard } from "./support/board-app.ts";

const home = { boardId: "home" };
const ann = { id: "ann" };

type Step = "watch" | "come back" | "stop" | "send out" | "let in" | "say" | "wait";

const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.constantFrom<Step>("watch", "come back", "stop", "send out", "let in", "say", "wait"),
  { minLength: 4, maxLength: 30 },
);

test("Whatever happens in whichever order: from a revocation on, until they are let in again, a user is handed nothing", async () => {
  await fc.assert(
    fc.asyncProperty(steps, fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1 }), async (names, delays) => {
      let isOut = false;
      let isThrough = false;
      let asked = 0;
      let lastEventId: string | undefined;
      const handed: string[] = [];
      const detaches: (() => void)[] = [];
      const running: Promise<unknown>[] = [];
      await using app = createBoard({
        ring: 2,
        async authorize({ action }) {
          // What it goes by is read at once, and the answer comes later.
          const answer = action !== "watch" || !isOut;
          asked += 1;
          for (let left = delays[asked % delays.length] ?? 0; left > 0; left -= 1) await turn();
          return answer;
        },
      });
      const sink = (): FrameSink => ({
        push({ id, frame }) {
          lastEventId = id;
          if (isThrough) handed.push(`${frame.kind} at ${id}`);
        },
        fail: () => {},
      });
      const begin = async (from: string | undefined): Promise<void> => {
        const watch = (await app.as(ann).watch({ ...home, lastEventId: from })) as unknown as Watch;
        const attachment = await watch[attach](sink());
        detaches.push(() => attachment.detach());
      };
      const does: Readonly<Record<Step, () => unknown>> = {
        watch: () => running.push(begin(undefined).catch(() => {})),
        "come back": () => running.push(begin(lastEventId).catch(() => {})),
        stop: () => detaches.pop()?.(),
        async "send out"() {
          isOut = true;
          await app.realtime.revoke({ userId: "ann" });
          isThrough = true;
        },
        "let in"() {
          isThrough = false;
          isOut = false;
        },
        say: () => app.realtime.topic(board, home).as(system).send.say({ line: "hello" }),
        wait: turn,
      };
      for (const name of names) await does[name]();
      await does.say();
      for (let left = 0; left < 5; left += 1) await turn();
      await Promise.all(running);
      await does.say();
      expect(handed).toEqual([]);
    }),
    tries(150),
  );
}, 60_000);
