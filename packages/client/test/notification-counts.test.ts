import { notificationActions } from "@shoal/client/notifications";
import fc from "fast-check";
import { expect, test } from "vitest";
import { connectTo, type InboxServer, inbox, startInboxServer } from "./support/inbox-server.ts";
import { until } from "./support/until.ts";

const { SHOAL_SEED: given, SHOAL_EFFORT: effort = "1" } = process.env;

const device = fc.constantFrom(0 as const, 1 as const);

/** What happens: `which` and `outcome` count back from the newest that the device shows, or has done. */
const steps = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant("reply" as const), thread: fc.constantFrom("a", "b", "c") }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant("alarm" as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("retract" as const), thread: fc.constantFrom("a", "b", "c") }) },
  {
    weight: 24,
    arbitrary: fc.record({
      do: fc.constantFrom("markSeen", "markRead", "markUnread", "archive", "remove"),
      which: fc.nat(5),
      device,
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom("markAllSeen", "markAllRead", "archiveRead"), device }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("undo" as const), outcome: fc.nat(3), device }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("cut" as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom("offline", "online"), device }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("turn" as const) }) },
);
type Answer = { readonly ok: boolean; readonly offset?: number };
type Step = typeof steps extends fc.Arbitrary<infer T> ? T : never;

/** A device of Ann's, which waits for no answer before it does the next thing. */
function deviceOf(server: InboxServer) {
  const client = connectTo(server, "ann");
  const actions = notificationActions(inbox, client.inbox);
  const sent: Promise<Answer>[] = [];
  const note = (outcome: Promise<Answer>) => {
    // Whoever looks at it later shall not find it unhandled.
    outcome.catch(() => {});
    sent.push(outcome);
  };
  return {
    client,
    sent,
    do(step: Extract<Step, { device: 0 | 1 }>) {
      if ("outcome" in step) {
        const marked = sent.at(-1 - step.outcome);
        const undo = async (one: Answer) => (one.ok ? await actions.undo({ ok: true, offset: one.offset ?? 1 }) : one);
        if (marked) note(marked.then(undo));
      } else if ("which" in step) {
        const item = client.inbox.current.state?.items.at(step.which);
        if (item) note(actions[step.do as "markRead"](item));
      } else if (step.do === "offline" || step.do === "online") client.network.online = step.do === "online";
      else note(actions[step.do as "markAllRead"]());
    },
  };
}

async function carryOut(server: InboxServer, devices: readonly ReturnType<typeof deviceOf>[], step: Step) {
  if ("device" in step) return devices[step.device]?.do(step);
  switch (step.do) {
    case "reply":
      return await server.reply("ann", step.thread, "hello", { key: step.thread });
    case "alarm":
      return await server.alarm("ann", "fire");
    case "retract":
      return await server.retract("ann", step.thread);
    case "cut":
      return server.cut();
    case "turn":
      return await new Promise(setImmediate);
  }
}

test("Two devices that wait for no answer and lose their links show what the server has, and it counts what there is", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(steps, { minLength: 20, maxLength: 80 }), async (all) => {
      await using server = await startInboxServer();
      for (let count = 0; count < 6; count += 1) await server.alarm("ann", "there before");
      const devices = [deviceOf(server), deviceOf(server)];
      await using _first = devices[0]?.client;
      await using _second = devices[1]?.client;
      for (const { client } of devices) await until(client.inbox, ({ status }) => status === "live");
      for (const step of all) await carryOut(server, devices, step);
      for (const { client } of devices) client.network.online = true;
      for (const { sent } of devices) await Promise.all(sent);
      const state = await server.state("ann");
      const { total, unread, unseen, archived } = state.counts;
      expect({ total, unread, unseen, archived }).toEqual(await server.rows("ann"));
      const settled = (one: (typeof devices)[0]["client"]["inbox"]["current"]) =>
        !one.stale && one.pending === 0 && one.state?.revision === state.revision;
      for (const { client } of devices) {
        const shown = await until(client.inbox, settled);
        expect(shown.state).toEqual(state);
      }
    }),
    { ...(given && { seed: Number(given) }), numRuns: 15 * Number(effort) },
  );
}, 120_000);
