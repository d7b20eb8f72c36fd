import { parentPort } from "node:worker_threads";
import { documentJobs } from "./document-jobs.ts";
import type { JobReply, JobRequest } from "./document-pool.ts";
import { MalformedUpdate } from "./document-scan.ts";

/** The thread of {@link DocumentPool}: one job after the other. */
parentPort?.on("message", ({ name, input }: JobRequest) => {
  parentPort?.postMessage(run(name, input));
});

function run(name: JobRequest["name"], input: unknown): JobReply {
  try {
    return { ok: true, value: (documentJobs[name] as (input: unknown) => unknown)(input) };
  } catch (error) {
    return { ok: false, malformed: error instanceof MalformedUpdate, message: (error as Error).message };
  }
}
