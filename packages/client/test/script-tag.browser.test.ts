import { readFile } from "node:fs/promises";
import { system } from "@shoal/server";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openBrowser } from "../../../test/support/browser.ts";
import { counter } from "./support/counter.ts";
import { startServer } from "./support/server.ts";

/** A page without a bundler, and without a library for schemas: the client never validates. */
const page = `<!doctype html>
<output></output>
<button>+3</button>
<script src="/shoal.js"></script>
<script>
  const plain = { "~standard": { version: 1, vendor: "page", validate: (value) => ({ value }) } };
  const counter = shoal.defineChannel("counter", {
    params: plain,
    state: plain,
    events: { added: plain, cleared: plain },
    commands: { add: { input: plain } },
  }, {
    initial: () => ({ value: 0, history: [] }),
    apply: { added: (state, { by }) => ({ ...state, value: state.value + by }), cleared: (state) => ({ ...state, value: 0 }) },
  });
  const client = shoal.createClient({ url: "/trpc", channels: [counter], token: () => "ann" });
  const topic = client.counter({ counterId: "home" });
  const show = () => {
    document.querySelector("output").textContent = topic.current.status + " " + topic.current.state?.value;
  };
  topic.subscribe(show);
  document.querySelector("button").onclick = async () => {
    const outcome = await topic.send.add({ by: 3 });
    document.title = "committed at offset " + outcome.offset;
  };
</script>`;

let browser: Browser;

beforeAll(async () => {
  browser = await openBrowser();
});

afterAll(async () => {
  await browser.close();
});

test("A plain page that loads the client by a script tag watches a topic and sends to it", async () => {
  const script = await readFile(new URL("../dist/shoal.min.js", import.meta.url), "utf8");
  await using server = await startServer({
    fallback({ url }, response) {
      response.setHeader("content-type", url === "/shoal.js" ? "text/javascript" : "text/html");
      response.end(url === "/shoal.js" ? script : page);
    },
  });
  const tab = await browser.newPage();
  const shows = (text: string) =>
    expect.poll(() => tab.locator("output").textContent(), { timeout: 10_000 }).toBe(text);

  await tab.goto(`http://localhost:${server.port}/`);
  await shows("live 0");
  await tab.getByRole("button").click();
  await shows("live 3");
  await server.realtime.topic(counter, { counterId: "home" }).as(system).send.add({ by: 4 });
  await shows("live 7");
  expect(await tab.title()).toBe("committed at offset 1");

  await tab.close();
});
