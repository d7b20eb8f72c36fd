import { describe, expect, test } from "vitest";
import { openDocument } from "../../src/channels/documents.ts";
import { connectTo, openFor, startDocuments, textOfDocument } from "../support/document-server.ts";
import { goOffline } from "../support/go-offline.ts";
import { until } from "../support/until.ts";

describe("a document that is ended", () => {
  test("is still sent what became too old on its way", async () => {
    await using server = await startDocuments();
    const documentId = await server.create();
    await using client = connectTo(server, "ann", { maxQueuedMs: 2_000 });
    const document = openDocument(client, { documentId });
    await until(document, ({ canEdit }) => canEdit);
    client.network.swallow = true;
    document.text.insert(0, "old");
    await goOffline(client, server);
    document.text.insert(3, " and new");
    await until(client.queue, ({ queued }) => queued === 1);
    await until(client.queue, ({ queued }) => queued === 0);
    document.destroy();
    Object.assign(client.network, { swallow: false, online: true });
    // What is left behind has two seconds, too, and is not to wait for the next attempt.
    const arrived = async () => {
      client.connection.retry();
      return (await server.folded(documentId)).getText("text").toString();
    };
    await expect.poll(arrived).toBe("old and new");
  });

  test("leaves the cursor to another one of the same page", async () => {
    await using server = await startDocuments();
    const documentId = await server.create({ ben: "editor" });
    await using ben = openFor(server, "ben", documentId);
    await using client = connectTo(server, "ann");
    const one = openDocument(client, { documentId });
    const other = openDocument(client, { documentId });
    const shown = () => [...ben.document.awareness.states.values()].filter(({ user }) => user?.id === "ann");
    for (const document of [one, other]) await until(document, ({ canEdit }) => canEdit);
    one.awareness.setLocalStateField("at", "one");
    other.awareness.setLocalStateField("at", "other");
    await expect.poll(shown).toMatchObject([{ at: "other" }]);
    other.destroy();
    await expect.poll(shown).toMatchObject([{ at: "one" }]);
    one.text.insert(0, "still here");
    await until(textOfDocument(ben.document), (text) => text === "still here");
    one.destroy();
    await expect.poll(shown).toEqual([]);
  });
});
