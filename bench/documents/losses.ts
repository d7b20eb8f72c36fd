import { type ContenderName, contenders, type KeeperName } from "./contenders.ts";
import { Pair } from "./pair.ts";

const users = Array.from({ length: 5 }, (_, index) => `user-${index}`);
const perSecond = 50;
/** For how long is written before the server is killed, in seconds: less than the longest debounce, and more. */
const seconds = [1, 3, 6, 12];

export interface Losses {
  readonly contender: string;
  /** Who of those who wrote has the page still open when the server comes back. */
  readonly staying: string;
  /** How many edits were shown as saved before the kill, and how many of those nobody has who opens the document later. */
  readonly saved: number;
  readonly lost: number;
}

/**
 * Five people write. When everything is shown as saved to all of them the server is killed, their pages are closed or not, the server is started
 * again, and somebody else opens the document.
 */
export async function measureLosses(newFile: () => string): Promise<readonly Losses[]> {
  const all: readonly (readonly [KeeperName, number])[] = [
    ["shoal", 0],
    ["shoal", 1],
    ["hocuspocus", 0],
    ["hocuspocus", 1],
  ];
  return await Promise.all(all.map(([name, staying]) => losses(name, staying, newFile)));
}

async function losses(name: ContenderName, staying: number, newFile: () => string): Promise<Losses> {
  let saved = 0;
  let lost = 0;
  for (const duration of seconds) {
    const pair = await Pair.start(name, newFile());
    try {
      const documentId = await pair.create([...users, "late"]);
      await pair.open(documentId, users);
      saved += await pair.type({ edits: duration * perSecond, perSecond, seed: duration });
      await pair.kill();
      await pair.close(users.length - staying);
      await pair.revive();
      lost += await pair.countLost(documentId, "late");
    } finally {
      await pair.end();
    }
  }
  return { contender: contenders[name], staying: staying === 0 ? "nobody" : "one of five", saved, lost };
}
