import { once } from "node:events";
import { connect as connectHttp2, createServer as createHttp2Server } from "node:http2";
import { type AddressInfo, connect, type Socket } from "node:net";
import { createHTTP2Handler, createHTTPHandler, createHTTPServer } from "@shoal/server/sse";
import compression from "compression";
import express from "express";
import { describe, expect, test } from "vitest";
import { inTime, Recorder } from "../../support/recorder.ts";
import { listen } from "./support/listen.ts";
import { framesOf, openStream } from "./support/open-stream.ts";
import { createStreams, startStreams, watchPath } from "./support/stream-app.ts";

const home = watchPath("home");
const path = "realtime.note.watch";
const createContext = () => ({ user: { id: "ann" } });

/** A connection on which one says what one likes, and all that came back. */
async function say(port: number, lines: readonly string[]): Promise<{ socket: Socket; heard: Recorder<string> }> {
  const socket = connect(port, "127.0.0.1");
  const heard = new Recorder<string>();
  socket.setEncoding("utf8");
  socket.on("data", (text: string) => heard.push(text));
  await inTime(once(socket, "connect"), "a connection");
  socket.write(lines.join("\r\n"));
  return { socket, heard };
}

const get = (version: string, target = home): readonly string[] => [
  `GET ${target} HTTP/${version}`,
  "Host: localhost",
  "Authorization: ann",
  "",
  "",
];

describe("A watch over SSE", () => {
  test("is pushed over HTTP/2", async () => {
    await using app = createStreams();
    const server = createHttp2Server(createHTTP2Handler({ router: app.router, basePath: "/trpc/", createContext }));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const session = connectHttp2(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    const stream = session.request({ ":path": home });
    const heard = new Recorder<string>();
    stream.setEncoding("utf8");
    stream.on("data", (text: string) => heard.push(text));
    const [headers] = await inTime(once(stream, "response"), "a response");
    expect(headers).toMatchObject({ ":status": 200, "content-type": "text/event-stream" });
    await heard.until((texts) => texts.join("").includes('"kind":"presence"'));
    await app.put("home", "one");
    await heard.until((texts) => texts.join("").endsWith(":1:all\n\n\n"));
    expect(framesOf(heard.items.join("").split("\n\n\n")).map(({ frame }) => frame.kind)).toEqual([
      "snapshot",
      "presence",
      "events",
    ]);
    stream.close();
    await app.happened.first((what) => what === `${path} aborted`);
    session.close();
    server.close();
  });

  test("is pushed to a client of HTTP/1.0, which knows no chunks", async () => {
    await using app = await startStreams();
    const { socket, heard } = await say(app.port, get("1.0"));
    await heard.until((texts) => texts.join("").includes('"kind":"presence"'));
    await app.put("home", "one");
    await heard.until((texts) => texts.join("").endsWith(":1:all\n\n\n"));
    const [head = "", body = ""] = heard.items.join("").split("\r\n\r\n");
    expect(head).not.toMatch(/transfer-encoding/i);
    expect(body).not.toContain("\r");
    socket.destroy();
  });

  test("is pushed on a connection that had asked for something else before, and has to wait for it", async () => {
    let answer = (): void => {};
    await using app = await startStreams({
      middleware(req, res, next) {
        if (req.url === "/first") answer = () => res.end("first");
        else next();
      },
    });
    const { socket, heard } = await say(app.port, [...get("1.1", "/first").slice(0, -1), ...get("1.1")]);
    await app.happened.first((what) => what === `${path} called`);
    await app.put("home", "meanwhile");
    answer();
    await heard.until((texts) => texts.join("").includes("meanwhile"));
    await app.put("home", "then");
    await heard.until((texts) => texts.join("").includes("then"));
    expect(heard.items.join("")).toMatch(/first.*HTTP\/1.1 200 OK.*event: connected.*meanwhile.*then/s);
    socket.destroy();
  });

  test("is pushed through the compression of Express, which is told not to compress it", async () => {
    await using app = createStreams();
    const web = express();
    web.use(compression({ threshold: 0 }));
    web.use("/trpc", createHTTPHandler({ router: app.router, createContext }));
    await using server = await listen(web);
    using stream = await openStream(`${server.url}${home}`, { headers: { "accept-encoding": "gzip" } });
    await stream.events.count(3);
    await app.put("home", "one");
    const events = await stream.events.count(4);
    expect(framesOf(events).map(({ frame }) => frame.kind)).toEqual(["snapshot", "presence", "events"]);
    const answer = await fetch(`${server.url}/trpc/echo?input=1`);
    expect(answer.headers.get("content-encoding")).toBe("gzip");
    stream.drop();
    await app.happened.first((what) => what === `${path} aborted`);
  });

  test("is pushed by a server that answers nothing else", async () => {
    await using app = createStreams();
    const server = createHTTPServer({ router: app.router, createContext });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    using stream = await openStream(`http://127.0.0.1:${port}${home.slice("/trpc".length)}`);
    await stream.events.count(3);
    stream.drop();
    server.close();
  });
});
