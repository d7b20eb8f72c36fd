import { inTime } from "../../../support/recorder.ts";
import { dial } from "./dial.ts";

export interface HttpAnswer {
  readonly status: number;
  readonly head: string;
  readonly body: string;
}

/**
 * Sends bytes, a character each, to an HTTP server, and returns its answers: so many, or fewer when it ends the connection before. What
 * is read of a body is what came over the wire, chunks and all.
 */
export async function askHttp(port: number, bytes: string, count = 1): Promise<readonly HttpAnswer[]> {
  await using socket = await dial(port);
  const answers: HttpAnswer[] = [];
  const answered = new Promise<void>((resolve) => {
    let received = "";
    const look = (ended: boolean): void => {
      for (
        let taken = takeAnswer(received, ended);
        taken && answers.length < count;
        taken = takeAnswer(received, ended)
      ) {
        answers.push(taken.answer);
        received = taken.rest;
      }
      if (ended || answers.length === count) resolve();
    };
    socket.setEncoding("latin1");
    socket.on("data", (chunk) => {
      received += chunk;
      look(false);
    });
    socket.once("end", () => look(true));
    socket.once("close", () => look(true));
  });
  socket.write(bytes, "latin1");
  await inTime(answered, `${count} answers`);
  return answers;
}

/** One request of Ann, its lines one by one. */
export function httpRequest(line: string, headers: readonly string[] = [], body = ""): string {
  return [`${line} HTTP/1.1`, "Host: localhost", "Authorization: Bearer ann", ...headers, "", body].join("\r\n");
}

function takeAnswer(received: string, ended: boolean): { answer: HttpAnswer; rest: string } | undefined {
  const end = received.indexOf("\r\n\r\n");
  if (end < 0) return undefined;
  const head = received.slice(0, end);
  const after = received.slice(end + 4);
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1]);
  const length = /^content-length: *(\d+)$/im.exec(head)?.[1];
  if (status < 200 || status === 204) return { answer: { status, head, body: "" }, rest: after };
  if (length !== undefined) {
    if (after.length < Number(length)) return undefined;
    return { answer: { status, head, body: after.slice(0, Number(length)) }, rest: after.slice(Number(length)) };
  }
  const chunked = /^transfer-encoding: *chunked$/im.test(head);
  const last = after.indexOf("0\r\n\r\n");
  if (chunked && last >= 0)
    return { answer: { status, head, body: after.slice(0, last) }, rest: after.slice(last + 5) };
  return ended || !chunked ? { answer: { status, head, body: after }, rest: "" } : undefined;
}
