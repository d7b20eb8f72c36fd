import { request } from "node:http";
import { inTime } from "./recorder.ts";

/** What a server answers to the handshake of a WebSocket with these headers: 101, or the refusal. */
export function upgrade(url: string, headers: Readonly<Record<string, string>> = {}) {
  const answered = new Promise<{ readonly status: number; readonly headers: object; readonly body: string }>(
    (resolve, reject) => {
      const asked = request(url.replace(/^ws/, "http"), {
        headers: {
          connection: "Upgrade",
          upgrade: "websocket",
          "sec-websocket-version": "13",
          "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
          ...headers,
        },
      });
      asked.on("upgrade", ({ headers: sent }, socket) => {
        socket.destroy();
        resolve({ status: 101, headers: sent, body: "" });
      });
      asked.on("response", (response) => {
        let body = "";
        response.on("data", (chunk) => {
          body += chunk;
        });
        response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }));
      });
      asked.on("error", reject);
      asked.end();
    },
  );
  return inTime(answered, "an answer to the handshake");
}
