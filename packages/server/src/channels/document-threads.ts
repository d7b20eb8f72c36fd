import { DocumentPool } from "./document-pool.ts";

/** The threads of this process that work on documents, whichever realtime they belong to. None is started before there is work. */
export const documentThreads = new DocumentPool({ threads: 2, most: 1_000, memory: 1_024 });
