import { pushDevices } from "@shoal/contract/push-devices";
import { system } from "@shoal/server";
import { webPush } from "@shoal/server/web-push";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { apart } from "../durability/apart.ts";
import { kinds, type Places } from "../durability/kinds.ts";
import { openAt } from "../durability/store-at.ts";
import { eventually } from "../support/recorder.ts";
import { createNode } from "./deliveries-node.ts";
import { openPushServer, vapidKeys } from "./push-server.ts";

const keys = vapidKeys();

for (const { name, here, prepare } of kinds) {
  describe.skipIf(!here)(`On ${name}, a browser`, () => {
    let places: Places;
    beforeAll(async () => {
      places = await prepare();
    }, 60_000);
    afterAll(() => places[Symbol.asyncDispose]());

    test("gets push from when it subscribes until it unsubscribes, or another user has it", async () => {
      await using server = await openPushServer(keys.publicKey);
      const push = webPush({ ...keys, subject: "mailto:ops@example.com", privateEndpoints: true });
      const store = openAt(await apart(places.next()));
      await using node = createNode(store, "", { push, email: () => {} });
      const devices = (userId: string) => node.realtime.topic(pushDevices, { userId }).as(system);
      const count = (devices: number) =>
        eventually(async () => (await node.inbox.state()).devices === devices, `the inbox counts ${devices}`);
      const [phone, laptop] = [server.subscribe(), server.subscribe()];
      for (const { endpoint, keys } of [phone, laptop]) await devices("ann").send.subscribe({ endpoint, keys });
      await count(2);
      await node.notify("first");
      await phone.pushed.count(1);
      await laptop.pushed.count(1);
      await devices("ben").send.subscribe({ endpoint: phone.endpoint, keys: phone.keys });
      await count(1);
      await node.notify("second");
      await laptop.pushed.count(2);
      await devices("ann").send.unsubscribe({ endpoint: laptop.endpoint });
      await count(0);
      await node.notify("third");
      await eventually(async () => (await store.look(null)).effects.length === 0, "no effect is left");
      expect([phone.tries, laptop.tries]).toEqual([1, 2]);
      expect(server.refused).toEqual([]);
    });
  });
}
