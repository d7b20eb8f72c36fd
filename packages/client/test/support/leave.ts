// Uses a client as a program does that ends of itself: nothing may keep it once the client is closed.
import { createClient } from "../../src/client.ts";
import { counter } from "./counter.ts";

const [url = ""] = process.argv.slice(2);
const hour = 3_600_000;
const client = createClient({
  url,
  channels: [counter],
  token: () => "ann",
  user: () => ({ id: "ann" }),
  keepAlive: hour,
  timeoutMs: hour,
});
const topic = client.counter({ counterId: "home" });
const stop = topic.subscribe(() => {});
topic.presence.set({ typing: true });
await topic.send.add({ by: 1 });
await client.counter.query.double({ of: 1 });
stop();
await client.close();
console.log(topic.current.status);
