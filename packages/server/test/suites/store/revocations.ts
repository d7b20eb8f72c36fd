import { randomUUID } from "node:crypto";
import type { Store, StoredRevocation } from "@shoal/server";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { tries } from "../../support/seed.ts";
import type { OpenStore } from "../store-suite.ts";

const alone = "only one can open it";

function revocation(changes: Partial<StoredRevocation> = {}): StoredRevocation {
  return { id: randomUUID(), userId: "ann", tenant: null, channel: null, params: null, ...changes };
}

/** Somebody who looks again and again. */
class Looker {
  readonly #store: Store;
  #mark: string | null = null;

  constructor(store: Store) {
    this.#store = store;
  }

  async look(): Promise<readonly StoredRevocation[]> {
    const { mark, revocations } = await this.#store.look(this.#mark);
    this.#mark = mark;
    return revocations;
  }
}

/** How a store tells that something is revoked. */
export function revocationLaws(name: string, open: OpenStore): void {
  describe(`${name}, told of a revocation,`, () => {
    test("tells it once to everybody who looks, as it was, in its order", async () => {
      await using opened = await open();
      const { store } = opened;
      const other = (await opened.another?.()) ?? store;
      const lookers = [new Looker(store), new Looker(other)];
      for (const looker of lookers) expect(await looker.look()).toEqual([]);
      const all = [
        revocation(),
        revocation({ tenant: "acme" }),
        revocation({ channel: "notes" }),
        revocation({ channel: "notes", params: { noteId: "7", page: 2, open: true } }),
        revocation({ userId: 'o"d\n é \0 \ud800', tenant: "", channel: 'ch"\n', params: { 'p"': "\0\n\ud800" } }),
      ];
      for (const one of all) await store.revoke(one);
      for (const looker of lookers) expect(await looker.look()).toEqual(all);
      for (const looker of lookers) expect(await looker.look()).toEqual([]);
    });

    test("tells nothing of what was revoked before the first look", async () => {
      await using opened = await open();
      await opened.store.revoke(revocation());
      expect(await new Looker(opened.store).look()).toEqual([]);
    });

    test("leaves none out, whoever revokes and looks at the same time", async ({ skip }) => {
      await using opened = await open();
      if (!opened.another) return skip(alone);
      const { store } = opened;
      const other = await opened.another();
      const steps = fc.array(fc.constantFrom("revoke", "revoke there", "look"), { maxLength: 12 });
      await fc.assert(
        fc.asyncProperty(steps, async (names) => {
          const looker = new Looker(store);
          await looker.look();
          const given = new Set<string>();
          const told: string[] = [];
          const running = names.map(async (step) => {
            if (step === "look") return;
            const one = revocation();
            given.add(one.id);
            await (step === "revoke" ? store : other).revoke(one);
          });
          for (const step of names) if (step === "look") told.push(...(await looker.look()).map(({ id }) => id));
          await Promise.all(running);
          told.push(...(await looker.look()).map(({ id }) => id));
          expect(told.toSorted()).toEqual([...given].toSorted());
        }),
        tries(25),
      );
    });

    test("forgets those that are older than an instant, and still tells the next one", async () => {
      await using opened = await open();
      const { store } = opened;
      const looker = new Looker(store);
      await looker.look();
      const [first, second] = [revocation(), revocation()];
      await store.revoke(first);
      expect(await looker.look()).toEqual([first]);
      const { now } = await store.look(null);
      expect(await store.forgetRevocations(now - 60_000)).toBe(0);
      expect(await store.forgetRevocations(now + 60_000)).toBe(1);
      expect(await store.forgetRevocations(now + 60_000)).toBe(0);
      await store.revoke(second);
      expect(await looker.look()).toEqual([second]);
    });
  });
}
