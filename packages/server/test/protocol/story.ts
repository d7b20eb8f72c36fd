import { parsePosition } from "@shoal/contract";
import { expect } from "vitest";
import { type App, counter, userOf } from "./app.ts";
import type { Example } from "./document.ts";
import { Wire } from "./wire.ts";

const home = { counterId: "home" };

/** The epoch in the examples. */
export const documentEpoch = "Zk1vTq0d9m7WcX2p";

/** Plays the examples in their order: sends what the client sends, and waits for what the server is to say. */
export class Story {
  readonly #app: App;
  readonly #client: Wire;
  readonly #ben: Wire;

  private constructor(app: App, client: Wire, ben: Wire) {
    this.#app = app;
    this.#client = client;
    this.#ben = ben;
  }

  static async begin(app: App): Promise<Story> {
    const [client, ben] = [await Wire.open(app, "?connectionParams=1"), await Wire.open(app, "?connectionParams=1")];
    ben.send({ method: "connectionParams", data: { token: "Ben" } });
    return new Story(app, client, ben);
  }

  /** All frames that anybody was sent. */
  get frames(): readonly { readonly kind: string }[] {
    return [...this.#client.frames, ...this.#ben.frames].map(({ data }) => data);
  }

  async play({ kind, name, text }: Example): Promise<void> {
    await this.#behindTheScenes[name]?.();
    const example = JSON.parse(text);
    switch (kind) {
      case "up":
        return this.#client.send(this.#inThisEpoch(example));
      case "down":
        return await hears(() => this.#client.messages, example, name);
      case "frame":
        return await hears(() => this.frames, example, name);
      default:
        throw new Error(`PROTOCOL.md: "${kind}" is no kind of example.`);
    }
  }

  [Symbol.dispose](): void {
    this.#client[Symbol.dispose]();
    this.#ben[Symbol.dispose]();
  }

  /** What happens before an example, and is not the doing of its client. */
  readonly #behindTheScenes: Readonly<Record<string, () => unknown>> = {
    events: () => this.#add(3, "0190c42e-0001-7000-8000-000000000001"),
    resumed: () => {
      const input = { ...home, lastEventId: `${documentEpoch}:0:all` };
      this.#asBen({ id: 1, method: "subscription", params: { path: "realtime.counter.watch", input } });
    },
    broadcast: () => {
      const input = { ...home, name: "cheer", data: { emoji: "🎉" } };
      this.#asBen({ id: 2, method: "mutation", params: { path: "realtime.counter.broadcast", input } });
    },
    resume: async () => {
      await this.#add(1, "0190c42e-0002-7000-8000-000000000002");
      await this.#add(1, "0190c42e-0003-7000-8000-000000000003");
    },
    reconnect: () => void this.#app.realtime.drain(),
    ended: () => this.#app.realtime.close(),
  };

  #asBen(message: unknown): void {
    this.#ben.send(this.#inThisEpoch(message));
  }

  #add(by: number, commandId: string): Promise<unknown> {
    return this.#app.realtime.topic(counter, home).as(userOf("Ben")).send.add({ by }, { commandId });
  }

  /** The message with the epoch of this server in place of the one in the examples. */
  #inThisEpoch(message: unknown): unknown {
    const [first] = this.#client.frames;
    const text = JSON.stringify(message);
    return JSON.parse(first ? text.replaceAll(documentEpoch, parsePosition(first.id).epoch) : text);
  }
}

async function hears(heard: () => readonly unknown[], example: unknown, name: string): Promise<void> {
  await expect
    .poll(() => heard().map(comparable), { message: `the example "${name}"`, timeout: 4_000 })
    .toContainEqual(comparable(example));
}

/** A message without what differs each time: epochs and instants. */
function comparable(message: unknown): unknown {
  return JSON.parse(
    JSON.stringify(message, (key, value) => {
      if ((key === "at" || key === "now") && value !== 0) return "an instant";
      if (key === "retryAfterMs") return "a while";
      if (key === "message") return String(value).replace(/in \d+ s\.$/, "in a while.");
      if (key === "id" && typeof value === "string") return value.replace(/^[\w-]{16}(?=:\d+:\w+$)/, documentEpoch);
      return value;
    }),
  );
}
