import type { Broker, BrokerMessage } from "@shoal/server";
import { describe, expect, test } from "vitest";
import { Recorder } from "../support/recorder.ts";

/** A hub on which nodes meet. Disposing of it closes everything. */
export interface OpenHub extends AsyncDisposable {
  node(): Promise<Broker>;
  /** Fulfilled when all listeners are in force; absent where they are at once. */
  readonly ready?: () => Promise<void>;
}

const events = (offset: number): BrokerMessage => ({
  kind: "events",
  epoch: "epoch",
  events: [
    {
      offset,
      at: 5,
      type: "said",
      data: { text: "“é” 🐟 \u0000" },
      secret: null,
      commandId: "c1",
      userId: "ann",
      version: 1,
    },
    { offset: offset + 1, at: 5, type: "left", data: {}, secret: null, commandId: null, userId: null, version: 2 },
  ],
});

const broadcast: BrokerMessage = { kind: "broadcast", name: "cheer", data: { emoji: "🐟" }, from: { id: "ann" } };

const lobby = JSON.stringify(["rooms", null, ["roomId", "lobby"]]);
const attic = JSON.stringify(["rooms", null, ["roomId", "attic"]]);

/** The law of a broker, while nothing of what carries it fails. */
export function brokerSuite(name: string, open: () => Promise<OpenHub>): void {
  const listen = (node: Broker, topicId: string) => {
    const heard = new Recorder<BrokerMessage>();
    return Object.assign(heard, { stop: node.subscribe(topicId, (message) => heard.push(message)) });
  };

  describe(`${name}, as a broker,`, () => {
    test("carries a message to every other node that listens, as it was and in its order", async () => {
      await using hub = await open();
      const [ann, ben, cid] = [await hub.node(), await hub.node(), await hub.node()];
      const heard = [listen(ben, lobby), listen(cid, lobby)];
      await hub.ready?.();
      ann.publish(lobby, events(1));
      ann.publish(lobby, broadcast);
      ann.publish(lobby, events(3));
      for (const recorder of heard) expect(await recorder.count(3)).toEqual([events(1), broadcast, events(3)]);
    });

    test("tells a node nothing of what it publishes itself", async () => {
      await using hub = await open();
      const [ann, ben] = [await hub.node(), await hub.node()];
      const [own, other] = [listen(ann, lobby), listen(ben, lobby)];
      await hub.ready?.();
      ann.publish(lobby, events(1));
      await other.count(1);
      ben.publish(lobby, broadcast);
      expect(await own.count(1)).toEqual([broadcast]);
      expect(other.items).toEqual([events(1)]);
    });

    test("keeps topics apart", async () => {
      await using hub = await open();
      const [ann, ben] = [await hub.node(), await hub.node()];
      const [inLobby, inAttic] = [listen(ben, lobby), listen(ben, attic)];
      await hub.ready?.();
      ann.publish(lobby, events(1));
      ann.publish(attic, broadcast);
      expect(await inAttic.count(1)).toEqual([broadcast]);
      expect(await inLobby.count(1)).toEqual([events(1)]);
    });

    test("tells each listener of a node once, and no more after it stopped", async () => {
      await using hub = await open();
      const [ann, ben] = [await hub.node(), await hub.node()];
      const [stays, goes] = [listen(ben, lobby), listen(ben, lobby)];
      await hub.ready?.();
      ann.publish(lobby, events(1));
      await Promise.all([stays.count(1), goes.count(1)]);
      goes.stop();
      goes.stop();
      ann.publish(lobby, broadcast);
      expect(await stays.count(2)).toEqual([events(1), broadcast]);
      expect(goes.items).toEqual([events(1)]);
    });

    test("tells a listener that stopped nothing of what is still on its way", async () => {
      await using hub = await open();
      const [ann, ben] = [await hub.node(), await hub.node()];
      const [stays, goes] = [listen(ben, lobby), listen(ben, lobby)];
      await hub.ready?.();
      ann.publish(lobby, events(1));
      goes.stop();
      await stays.count(1);
      expect(goes.items).toEqual([]);
    });

    test("lets a node listen again after it stopped", async () => {
      await using hub = await open();
      const [ann, ben] = [await hub.node(), await hub.node()];
      listen(ben, lobby).stop();
      const again = listen(ben, lobby);
      await hub.ready?.();
      ann.publish(lobby, events(1));
      expect(await again.count(1)).toEqual([events(1)]);
    });

    test("goes on between the others when a node closes", async () => {
      await using hub = await open();
      const [ann, ben, cid] = [await hub.node(), await hub.node(), await hub.node()];
      const [gone, stays] = [listen(ben, lobby), listen(cid, lobby)];
      await hub.ready?.();
      await ben.close();
      ann.publish(lobby, events(1));
      expect(await stays.count(1)).toEqual([events(1)]);
      expect(gone.items).toEqual([]);
    });

    test("takes a message for a topic on which nobody listens", async () => {
      await using hub = await open();
      const [ann, ben] = [await hub.node(), await hub.node()];
      const heard = listen(ben, lobby);
      await hub.ready?.();
      ann.publish(attic, events(1));
      ann.publish(lobby, broadcast);
      expect(await heard.count(1)).toEqual([broadcast]);
    });
  });
}
