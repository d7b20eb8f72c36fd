import { ShoalError } from "@shoal/contract";
import { expect, test } from "vitest";
import { Outbox } from "../web/room/outbox.ts";

const refused = new ShoalError("FORBIDDEN", "You may not post here.");

test("A message is in the outbox until it has arrived", async () => {
  const { outbox, sent } = outboxThatAnswers("arrived");

  outbox.post("Hello");

  expect(outbox.current).toMatchObject([{ text: "Hello", error: undefined }]);
  await expect.poll(() => outbox.current).toEqual([]);
  expect(sent).toHaveLength(1);
});

test("A message that was refused stays until it is sent again or discarded", async () => {
  const { outbox, sent } = outboxThatAnswers(refused, refused, "arrived");
  outbox.post("One");
  outbox.post("Two");
  await expect.poll(() => outbox.current.map(({ error }) => error)).toEqual([refused, refused]);
  const [one = "", two = ""] = outbox.current.map(({ id }) => id);

  outbox.discard(one);
  outbox.retry(two);

  await expect.poll(() => outbox.current).toEqual([]);
  expect(sent).toEqual([one, two, two]);
});

/** An outbox whose messages get these answers, and the ids of what it has sent. */
function outboxThatAnswers(...answers: (ShoalError | "arrived")[]) {
  const sent: string[] = [];
  const send = async (_text: string, id: string) => {
    sent.push(id);
    const answer = answers[sent.length - 1];
    if (answer instanceof ShoalError) throw answer;
  };
  return { outbox: new Outbox(send), sent };
}
