import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { eventually, inTime } from "../../../support/recorder.ts";

export interface StreamOptions {
  /** @default "GET" */
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Ann's request over a connection of its own, and the text of what is answered as it comes. */
export async function openStream(
  port: number,
  path: string,
  { method = "GET", headers, body = "" }: StreamOptions = {},
) {
  const asked = request({
    host: "127.0.0.1",
    port,
    path,
    method,
    agent: false,
    headers: { authorization: "Bearer ann", accept: "text/event-stream", ...headers },
  });
  asked.on("error", () => {});
  const answered: Promise<IncomingMessage[]> = once(asked, "response");
  asked.end(body);
  const [response] = await inTime(answered, "an answer");
  let text = "";
  response?.setEncoding("utf8");
  response?.on("data", (chunk) => {
    text += chunk;
  });
  response?.on("error", () => {});
  return {
    type: response?.headers["content-type"],
    get text() {
      return text;
    },
    get lines() {
      return text.split(/\r\n|\r|\n/);
    },
    until: (part: string) => eventually(() => text.includes(part), `${part} came`),
    async [Symbol.asyncDispose]() {
      if (asked.closed) return;
      asked.destroy();
      await once(asked, "close");
    },
  };
}
