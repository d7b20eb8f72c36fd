import { HocuspocusProvider } from "@hocuspocus/provider";
import { createClient } from "@shoal/client";
import { openDocument } from "@shoal/client/documents";
import { documents } from "@shoal/contract/documents";
import { WebSocket } from "ws";
import * as Y from "yjs";
import type { ContenderName } from "./contenders.ts";

export interface Place {
  readonly port: number;
  readonly user: string;
  readonly documentId: string;
}

/** Somebody who has a document open, with the contender's own client. */
export interface Editor {
  readonly doc: Y.Doc;
  /** Whether what the server has is here. */
  isLoaded(): boolean;
  /** Whether it shows that the server has taken all that was written here. */
  isSaved(): boolean;
  /** Closes the page. */
  close(): void;
}

export const editors: Readonly<Record<ContenderName, (place: Place) => Editor>> = {
  shoal: shoalEditor,
  hocuspocus: hocuspocusEditor,
  relay: relayEditor,
  mergingRelay: relayEditor,
};

function shoalEditor({ port, user, documentId }: Place): Editor {
  const url = `http://127.0.0.1:${port}/trpc`;
  const client = createClient({ url, channels: [documents], token: () => user, user: () => ({ id: user }) });
  const document = openDocument(client, { documentId });
  return {
    doc: document.doc,
    isLoaded: () => document.synced,
    isSaved: () => document.status === "saved",
    close: () => void client.close(),
  };
}

function hocuspocusEditor({ port, documentId }: Place): Editor {
  const provider = new HocuspocusProvider({ url: `ws://127.0.0.1:${port}`, name: documentId, document: new Y.Doc() });
  return {
    doc: provider.document,
    isLoaded: () => provider.synced,
    isSaved: () => provider.synced && !provider.hasUnsyncedChanges,
    close: () => provider.destroy(),
  };
}

/** A relay acknowledges nothing. */
function relayEditor({ port }: Place): Editor {
  const doc = new Y.Doc();
  const socket = new WebSocket(`ws://127.0.0.1:${port}`);
  socket.on("message", (update: Buffer) => Y.applyUpdate(doc, update, socket));
  doc.on("update", (update: Uint8Array, origin: unknown) => {
    if (origin !== socket) socket.send(update);
  });
  const isOpen = () => socket.readyState === WebSocket.OPEN;
  return { doc, isLoaded: isOpen, isSaved: isOpen, close: () => socket.terminate() };
}
