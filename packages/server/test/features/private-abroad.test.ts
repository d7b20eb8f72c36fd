import { defineChannel } from "@shoal/contract";
import { definePrivate, effect, serveChannel } from "@shoal/server";
import { testRealtime } from "@shoal/server/testing";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import * as z from "zod";
import { tries } from "../support/seed.ts";

/** What a person is told, and nobody else. */
const letters = defineChannel(
  "letters",
  {
    params: z.object({ userId: z.string() }),
    state: z.object({ texts: z.array(z.string()) }),
    events: { written: z.object({ text: z.string() }) },
    commands: { write: { internal: true, input: z.object({ text: z.string() }) } },
  },
  { initial: () => ({ texts: [] }), apply: { written: ({ texts }, { text }) => ({ texts: [...texts, text] }) } },
);

/** Who guesses highest leads; who led before is written to, though no frame says who that is. */
const guessing = defineChannel(
  "guessing",
  {
    params: z.object({ gameId: z.string() }),
    state: z.object({ guesses: z.int() }),
    events: { guessed: z.object({}), closed: z.object({}) },
    commands: { guess: { input: z.object({ number: z.int() }) }, close: {} },
  },
  {
    initial: () => ({ guesses: 0 }),
    apply: { guessed: ({ guesses }) => ({ guesses: guesses + 1 }), closed: (s) => s },
  },
);

const best = definePrivate(
  guessing,
  {
    state: z.object({ who: z.string(), number: z.int() }),
    secrets: { guessed: z.object({ who: z.string(), number: z.int(), passed: z.string() }) },
  },
  {
    initial: () => ({ who: "", number: 0 }),
    apply: { guessed: (state, _guess, { who, number }) => (number > state.number ? { who, number } : state) },
  },
);

interface Projected {
  readonly guesses: readonly { readonly who: string; readonly number: number }[];
  readonly best: { readonly who: string; readonly number: number };
}

const serveGames = (projected: Projected[]) =>
  serveChannel(guessing, {
    private: best,
    commands: {
      guess({ private: { who: leader, number: most }, input: { number }, user, emit }) {
        const who = user?.id ?? "";
        emit("guessed", {}, { who, number, passed: number > most ? leader : "" });
      },
      close: ({ emit }) => emit("closed"),
    },
    effects(event, { private: { who, number } }) {
      if (event.type === "closed")
        return who === "" ? [] : [effect(letters, { userId: who }, "write", { text: `${number} won` })];
      const { passed } = event.secret;
      return passed === "" ? [] : [effect(letters, { userId: passed }, "write", { text: "you were passed" })];
    },
    async project(_tx, changes) {
      for (const { events, private: hidden } of changes) {
        const guesses = events.flatMap((event) => (event.type === "guessed" ? [event.secret] : []));
        projected.push({ guesses: guesses.map(({ who, number }) => ({ who, number })), best: hidden });
      }
    },
  });

const mail = serveChannel(letters, { commands: { write: ({ input, emit }) => emit("written", input) } });

const people = ["ann", "ben", "eve"];
const guesses = fc.array(fc.record({ who: fc.constantFrom(...people), number: fc.integer({ min: 1, max: 9 }) }), {
  minLength: 1,
  maxLength: 12,
});

test("Effects and projections are told the secrets and the private state, of which no frame tells", async () => {
  const check = fc.asyncProperty(guesses, async (made) => {
    const projected: Projected[] = [];
    await using w = testRealtime({ channels: [serveGames(projected), mail] });
    const watched = await w.as({ id: "witness" }).topic(guessing, { gameId: "1" });
    const letterOf = Object.fromEntries(people.map((who) => [who, [] as string[]]));
    let leading = { who: "", number: 0 };
    for (const { who, number } of made) {
      const game = await w.as({ id: who }).topic(guessing, { gameId: "1" });
      await game.send.guess({ number });
      if (number > leading.number) {
        letterOf[leading.who]?.push("you were passed");
        leading = { who, number };
      }
      expect(projected.at(-1)).toEqual({ guesses: [{ who, number }], best: leading });
    }
    await watched.send.close();
    letterOf[leading.who]?.push(`${leading.number} won`);
    await w.settle();
    for (const who of people) {
      expect(await w.system(letters, { userId: who }).state()).toEqual({ texts: letterOf[who] });
    }
    expect(projected).toHaveLength(made.length + 1);
    expect(JSON.stringify(watched.frames)).not.toMatch(/"ann"|"ben"|"eve"|number/);
  });
  await fc.assert(check, tries(30));
});
