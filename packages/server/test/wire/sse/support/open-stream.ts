import { once } from "node:events";
import { type Agent, type IncomingMessage, request } from "node:http";
import { inTime, Recorder } from "../../../support/recorder.ts";

export interface StreamOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Whose connections are used; without one, the stream has a connection of its own. */
  readonly agent?: Agent;
}

/** A stream, as `ann` where the headers do not say who: each event as it is, and how it ended. */
export async function openStream(url: string, { method = "GET", headers, body, agent }: StreamOptions = {}) {
  const events = new Recorder<string>();
  const ended = new Recorder<"whole" | "cut">();
  const asked = request(url, { method, agent: agent ?? false, headers: { authorization: "ann", ...headers } });
  asked.on("error", () => {});
  asked.end(body);
  const [response]: IncomingMessage[] = await inTime(once(asked, "response"), `an answer from ${url}`);
  if (!response) throw new Error("There is no response.");
  let rest = "";
  response.setEncoding("utf8");
  response.on("data", (text: string) => {
    const texts = `${rest}${text}`.split("\n\n\n");
    rest = texts.pop() ?? "";
    for (const one of texts) events.push(one);
  });
  response.on("end", () => ended.push("whole"));
  response.on("error", () => ended.push("cut"));
  return {
    response,
    events,
    ended,
    /** Reads nothing more, until it is told to. */
    pause: () => response.pause(),
    resume: () => response.resume(),
    drop: () => asked.destroy(),
    [Symbol.dispose]: () => void asked.destroy(),
  };
}

export type Stream = Awaited<ReturnType<typeof openStream>>;

/** The frames among the events, each with its position. */
export function framesOf(events: readonly string[]): readonly { id: string; frame: Record<string, unknown> }[] {
  return events.flatMap((event) => {
    const [, json, id] = /^data: (.*)\nid: (.*)$/.exec(event) ?? [];
    return json === undefined || id === undefined ? [] : [{ id, frame: JSON.parse(json) }];
  });
}
