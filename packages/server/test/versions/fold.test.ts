import { createMemoryStore } from "@shoal/server";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { tries } from "../support/seed.ts";
import { type Tally2, tally2 } from "./tally-2.ts";
import { TallyFollower } from "./tally-follower.ts";
import { startNode1, startNode2, tallyRef } from "./tally-node.ts";

/** What somebody does to the tally, in neither version's words. */
type Deed = { readonly add: number } | { readonly name: string } | "poke";

/** Something is done, the server is deployed anew or sweeps, or a subscriber comes back. */
type Step = { readonly deed: Deed } | { readonly deploy: 1 | 2 } | "sweep" | "come back";

const deeds = fc.oneof<fc.MaybeWeightedArbitrary<Deed>[]>(
  { weight: 4, arbitrary: fc.record({ add: fc.nat(9) }) },
  { weight: 1, arbitrary: fc.record({ name: fc.string({ maxLength: 2 }) }) },
  { weight: 1, arbitrary: fc.constant("poke") },
);
const steps = fc.array(
  fc.oneof<fc.MaybeWeightedArbitrary<Step>[]>(
    { weight: 8, arbitrary: fc.record({ deed: deeds }) },
    { weight: 2, arbitrary: fc.record({ deploy: fc.constantFrom(1, 2) }) },
    { weight: 2, arbitrary: fc.constantFrom("sweep", "come back") },
  ),
  { maxLength: 40 },
);

/** What the tally must be, in today's words. It knows nothing of rows. */
class Model {
  state: Tally2["state"] = tally2.initial({ tallyId: "home" });
  highest = 0;
  offset = 0;
  /** Whether the second version has written to it, so that the first one may not. */
  touched = false;

  do(deed: Deed, version: 1 | 2): void {
    if (deed !== "poke") {
      this.touched ||= version === 2;
      if ("add" in deed) this.highest = Math.max(this.highest, deed.add);
      this.state = "add" in deed ? tally2.apply.added(this.state, { amount: deed.add }) : this.#label(deed.name);
    }
    // Today a poke says nothing; of those that once did, the offsets are left.
    if (deed !== "poke" || version === 1) this.offset += 1;
  }

  #label(text: string): Tally2["state"] {
    return tally2.apply.labelled(this.state, { text });
  }
}

type Node = ReturnType<typeof nodeOf1> | ReturnType<typeof nodeOf2>;

function nodeOf1(store: ReturnType<typeof createMemoryStore>) {
  const node = startNode1({ store });
  const { send } = node.tally("home");
  const run = (deed: Deed) => {
    if (deed === "poke") return send.poke();
    return "add" in deed ? send.add({ by: deed.add }) : send.name(deed);
  };
  return { version: 1 as const, node, run };
}

function nodeOf2(store: ReturnType<typeof createMemoryStore>) {
  const node = startNode2({ store });
  const { send } = node.tally("home");
  const run = (deed: Deed) => {
    if (deed === "poke") return send.poke();
    return "add" in deed ? send.add({ amount: deed.add }) : send.name({ text: deed.name });
  };
  return { version: 2 as const, node, run };
}

async function play(given: readonly Step[]): Promise<void> {
  const store = createMemoryStore();
  const start = (version: 1 | 2): Node => (version === 1 ? nodeOf1(store) : nodeOf2(store));
  const model = new Model();
  const follower = new TallyFollower();
  let at = start(1);
  const take = async (step: Step): Promise<void> => {
    if (step === "sweep") return await at.node.realtime.sweep();
    if (step === "come back") {
      if (at.version === 1) return;
      await follower.comeBack(at.node, model.offset);
      return expect(follower.state).toEqual(model.state);
    }
    if ("deploy" in step) {
      await at.node.realtime.close();
      at = start(step.deploy);
      return;
    }
    const came = await at.run(step.deed).catch(({ code }) => code);
    if (at.version === 1 && model.touched) return expect(came).toBe("SERVICE_UNAVAILABLE");
    model.do(step.deed, at.version);
    expect(came).toMatchObject({ ok: true, offset: model.offset });
  };
  for (const step of given) await take(step);
  await take({ deploy: 2 });
  await take("come back");
  await using last = startNode2({ store });
  expect(await last.tally("home").state()).toEqual(model.state);
  expect(await last.tally("home").send.top()).toMatchObject({ result: { top: model.highest } });
  const log = await store.read(tallyRef("home"), 1, 1_000);
  expect(log.map(({ offset }) => offset)).toEqual(log.map((_, index) => model.offset - log.length + 1 + index));
  await at.node.realtime.close();
}

test("Events of two versions, in any mix, come to the state as if all were of today, whatever is restarted and trimmed", async () => {
  await fc.assert(fc.asyncProperty(steps, play), tries(60));
}, 60_000);
