import assert from "node:assert/strict";
import { bindTextarea } from "@shoal/client/documents";
import { type UseDocument, useDocument } from "@shoal/react/documents";
import { useEffect, useRef } from "react";
import { describe, expect, test } from "vitest";
import { connectTo, openFor, startDocuments, textOfDocument } from "../../client/test/support/document-server.ts";
import { goOffline } from "../../client/test/support/go-offline.ts";
import { until } from "../../client/test/support/until.ts";
import { render, Use } from "./support/render.tsx";

/** Shows how a document stands; `seen` is what it rendered. */
function Standing({ documentId, seen }: { readonly documentId: string; readonly seen: UseDocument[] }) {
  const document = useDocument({ documentId });
  seen.push(document);
  const { status, waiting, title, people } = document;
  return `${title} ${status} ${waiting} ${people.map(({ name }) => name).join()};`;
}

function Title({ documentId, seen }: { readonly documentId: string; readonly seen: string[] }) {
  const { title } = useDocument({ documentId }, { select: ({ title }) => ({ title }) });
  seen.push(title);
  return `${title};`;
}

function last<T>(all: readonly T[]): T {
  const found = all.at(-1);
  assert(found !== undefined);
  return found;
}

describe("useDocument", () => {
  test("opens one document for all components, and is saved when it says so", async () => {
    await using server = await startDocuments();
    const documentId = await server.create();
    await using ann = connectTo(server, "ann");
    const [one, other]: [UseDocument[], UseDocument[]] = [[], []];
    using page = render(
      ann,
      <>
        <Standing documentId={documentId} seen={one} />
        <Standing documentId={documentId} seen={other} />
      </>,
    );
    await page.shows("Minutes saved 0 ANN;Minutes saved 0 ANN;");
    expect(last(one).doc).toBe(last(other).doc);
    expect(ann.network.inputs("realtime.documents.watch")).toHaveLength(1);
    last(one).text.insert(0, "Hello");
    await until(textOfDocument(last(other)), (text) => text === "Hello");
    await expect.poll(async () => (await server.folded(documentId)).getText("text").toString()).toBe("Hello");
    await page.shows("Minutes saved 0 ANN;Minutes saved 0 ANN;");
  });

  test("renders no component for what is written, when it selects something else", async () => {
    await using server = await startDocuments();
    const documentId = await server.create({ ben: "editor" });
    await using ann = connectTo(server, "ann");
    await using ben = openFor(server, "ben", documentId);
    const titles: string[] = [];
    const seen: UseDocument[] = [];
    using page = render(
      ann,
      <>
        <Title documentId={documentId} seen={titles} />
        <Standing documentId={documentId} seen={seen} />
      </>,
    );
    await page.shows("Minutes;Minutes saved 0 ANN,BEN;");
    const [renders, whole] = [titles.length, seen.length];
    for (let at = 0; at < 50; at += 1) ben.text.insert(0, "a");
    await expect.poll(() => last(seen).text.length).toBe(50);
    expect(seen).toHaveLength(whole);
    for (let at = 0; at < 50; at += 1) last(seen).text.insert(0, "b");
    await page.shows("Minutes;Minutes saved 0 ANN,BEN;");
    expect(titles).toHaveLength(renders);
    await last(seen).send.rename({ title: "Notes" });
    await page.shows("Notes;Notes saved 0 ANN,BEN;");
    // Strictly, each is rendered twice.
    expect(titles).toHaveLength(renders + 2);
  });

  test("keeps what was written offline although nothing shows the document any more", async () => {
    await using server = await startDocuments();
    const documentId = await server.create();
    await using ann = connectTo(server, "ann", { keepAlive: 0 });
    const seen: UseDocument[] = [];
    using page = render(ann, <Standing documentId={documentId} seen={seen} />);
    await page.shows("Minutes saved 0 ANN;");
    await goOffline(ann, server);
    const { text } = last(seen);
    for (const letter of "kept") text.insert(text.length, letter);
    await page.shows("Minutes offline 4 ;");
    page.show(null);
    page.show(<Standing documentId={documentId} seen={seen} />);
    expect(last(seen).text).toBe(text);
    page.show(null);
    ann.network.online = true;
    await expect.poll(async () => (await server.folded(documentId)).getText("text").toString()).toBe("kept");
  });

  test("shows another document when it is given another id, and starts anew after a failure", async () => {
    await using server = await startDocuments({ maxBytes: 100 });
    const documentId = await server.create({}, "One");
    const otherId = await server.create({}, "Two");
    await using ann = connectTo(server, "ann");
    const seen: UseDocument[] = [];
    using page = render(ann, <Standing documentId={documentId} seen={seen} />);
    await page.shows("One saved 0 ANN;");
    last(seen).text.insert(0, "much too long ".repeat(20));
    await page.shows("One failed 1 ;");
    expect(last(seen).failure).toMatchObject({ reason: "FULL" });
    const { doc, startAnew } = last(seen);
    startAnew();
    await page.shows("One saved 0 ANN;");
    expect(last(seen).doc).not.toBe(doc);
    expect(last(seen).text.toString()).toBe("");
    page.show(<Standing documentId={otherId} seen={seen} />);
    await page.shows("Two saved 0 ANN;");
  });

  test("shows nobody what the user before had written", async () => {
    await using server = await startDocuments();
    const documentId = await server.create({ ben: "viewer" });
    let user = "ann";
    const identity = { token: () => user, user: () => ({ id: user, name: user }) };
    await using client = connectTo(server, user, identity);
    const seen: UseDocument[] = [];
    using page = render(client, <Standing documentId={documentId} seen={seen} />);
    await page.shows("Minutes saved 0 ANN;");
    await goOffline(client, server);
    last(seen).text.insert(0, "private");
    const { doc } = last(seen);
    user = "ben";
    client.checkUser();
    client.network.online = true;
    await page.shows("Minutes read-only 0 BEN;");
    expect(last(seen).doc).not.toBe(doc);
    expect(last(seen).text.toString()).toBe("");
  });

  test("binds a textarea in a few lines", async () => {
    await using server = await startDocuments();
    const documentId = await server.create({ ben: "editor" });
    await using ann = connectTo(server, "ann");
    await using ben = openFor(server, "ben", documentId);
    let area: HTMLTextAreaElement | null = null;
    const show = () => {
      const ref = useRef<HTMLTextAreaElement>(null);
      const { text, awareness, undoManager, canEdit } = useDocument({ documentId });
      useEffect(() => {
        area = ref.current;
        return ref.current ? bindTextarea(ref.current, { text, awareness, undoManager }) : undefined;
      }, [text, awareness, undoManager]);
      return <textarea ref={ref} readOnly={!canEdit} />;
    };
    using _page = render(ann, <Use hook={show} />);
    await until(ben.document, ({ canEdit }) => canEdit);
    ben.text.insert(0, "Hello");
    await expect.poll(() => area?.value).toBe("Hello");
    assert(area);
    const element: HTMLTextAreaElement = area;
    element.value = "Hello Ben";
    element.dispatchEvent(new (element.ownerDocument.defaultView as unknown as { Event: typeof Event }).Event("input"));
    await until(textOfDocument(ben.document), (text) => text === "Hello Ben");
  });
});
