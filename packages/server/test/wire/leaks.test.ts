import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import {
  commandPlaces,
  type Leaky,
  queryPlaces,
  startLeaky,
  throwNext,
  thrown,
  watchPlaces,
} from "../support/leaky.ts";
import { inTime, Recorder } from "../support/recorder.ts";

/** The text of what is thrown, and what stacks look like. */
const leak = /vault|hunter2|SELECT|42601|password|\.ts:\d|node_modules|\n\s+at |\\n\s+at /;

let app: Leaky;

beforeAll(async () => {
  app = await startLeaky();
});

afterAll(() => app[Symbol.asyncDispose]());

interface Request {
  readonly type: "mutation" | "query" | "subscription";
  readonly name: string;
  readonly input: object;
}

/** Everything that is sent to who asks, up to the error that ends it. */
type Transport = (place: string, request: Request, began: () => void) => Promise<string>;

const bySocket: Transport = async (place, { type, name, input }, began) => {
  const socket = new WebSocket(`${app.webSocketUrl}?connectionParams=1`);
  const texts = new Recorder<string>();
  socket.on("message", (data) => {
    texts.push(String(data));
    if (String(data).includes('"snapshot"')) began();
  });
  await inTime(new Promise((resolve) => socket.on("open", resolve)), "the socket to open");
  socket.send(JSON.stringify({ method: "connectionParams", data: { place } }));
  socket.send(JSON.stringify({ id: 1, method: type, params: { path: `realtime.leaky.${name}`, input } }));
  await texts.first((text) => text.includes('"error"'));
  socket.terminate();
  return texts.items.join("\n");
};

const byHttp: Transport = async (place, { type, name, input }, began) => {
  const address = `${app.url}/realtime.leaky.${name}`;
  const headers = { "x-place": place, "content-type": "application/json" };
  const query = `?input=${encodeURIComponent(JSON.stringify(input))}`;
  if (type !== "subscription") {
    const sent = type === "mutation" ? { method: "POST", body: JSON.stringify(input) } : {};
    const response = await fetch(type === "mutation" ? address : address + query, { headers, ...sent });
    return `${JSON.stringify([...response.headers])}\n${await response.text()}`;
  }
  const end = new AbortController();
  const { body } = await fetch(address + query, { headers, signal: end.signal });
  let heard = "";
  for await (const chunk of body ?? []) {
    heard += Buffer.from(chunk).toString();
    if (heard.includes('"snapshot"')) began();
    if (/event: serialized-error\ndata: .*\n\n/.test(heard)) break;
  }
  end.abort();
  return heard;
};

const transports = [
  ["a WebSocket", bySocket],
  ["HTTP and SSE", byHttp],
] as const;

let count = 0;

/** A projection that fails is tried again; a refusal is for the caller where the caller can be meant; the rest is a fault. */
function codesOf(place: string, what: string): readonly string[] {
  if (place === "project") return ["SERVICE_UNAVAILABLE"];
  return what.startsWith("a refusal") ? ["FORBIDDEN", "CONFLICT", "INTERNAL_SERVER_ERROR"] : ["INTERNAL_SERVER_ERROR"];
}

/** Asks for something in which the channel throws, and expects that the answer says nothing of what was thrown. */
async function expectNoLeak(
  transport: Transport,
  place: string,
  request: Omit<Request, "input">,
  more: object,
): Promise<void> {
  for (const [what, make] of Object.entries(thrown)) {
    throwNext(make);
    count += 1;
    const n = String(count);
    app.logged.length = 0;
    const input = "place" in more ? more : { place, n, ...more };
    const heard = await inTime(
      transport(place, { ...request, input }, () => void app.act(place, n)),
      `an answer to ${request.name}, where ${place} throws ${what}`,
    );
    expect(heard, what).not.toMatch(leak);
    expect(heard.length).toBeLessThan(5_000);
    const [, code] = /"code":"([A-Z_]+)"/.exec(heard) ?? [];
    expect(codesOf(place, what), what).toContain(code);
    if (code !== "INTERNAL_SERVER_ERROR") continue;
    const [, requestId] = /"requestId":"([\w-]{36})"/.exec(heard) ?? [];
    expect(heard).toContain(`Its log says more under ${requestId}.`);
    expect(app.logged).toContainEqual(expect.objectContaining({ requestId }));
  }
}

describe.each(transports)("What a channel throws is in no byte that is sent over %s", (_how, transport) => {
  test.each(commandPlaces)("to who commands, where it is thrown by: %s", async (place) => {
    const note = place === "schema" ? place : "";
    await expectNoLeak(transport, place, { type: "mutation", name: "act" }, { note });
  });

  test("to who makes a topic, where it is thrown by: mint", async () => {
    await expectNoLeak(transport, "mint", { type: "mutation", name: "make" }, { where: "mint", place: undefined });
  });

  test.each(queryPlaces)("to who asks, where it is thrown by: %s", async (place) => {
    await expectNoLeak(transport, place, { type: "query", name: "look" }, { place });
  });

  test.each(watchPlaces)("to who watches, where it is thrown by: %s", async (place) => {
    await expectNoLeak(transport, place, { type: "subscription", name: "watch" }, {});
  });

  test.each(["authorize", "user"])("to who shows presence, where it is thrown by: %s", async (place) => {
    await expectNoLeak(transport, place, { type: "mutation", name: "presence" }, { clientId: "tab", state: {} });
  });

  test.each(["authorize", "user"])("to who broadcasts, where it is thrown by: %s", async (place) => {
    await expectNoLeak(transport, place, { type: "mutation", name: "broadcast" }, { name: "shout", data: {} });
  });
});
