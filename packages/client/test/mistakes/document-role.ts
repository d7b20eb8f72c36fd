import { createClient } from "@shoal/client";
import { openDocument } from "@shoal/client/documents";
import { documents } from "@shoal/contract/documents";

const client = createClient({ url: "/trpc", channels: [documents] });
const document = openDocument(client, { documentId: "minutes" });

export const shared = document.topic.send.share({ userId: "ben", role: "writer" });
