import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { appendFile, chmod, chown, mkdtemp, open, readFile } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { Client } from "pg";

/** Whether a server can be started here. Where the result is relied upon it has to be. */
export const hasPostgresServer = Boolean(process.env.POSTGRES_BIN || process.env.CI);

/** Whether there is a Postgres to test with. */
export const hasPostgres = hasPostgresServer || Boolean(process.env.TEST_POSTGRES_URL);

/** A database with nothing in it. Disposing of it removes it. */
export interface TestDatabase extends AsyncDisposable {
  readonly url: string;
}

/** A server of the tests' own, which they may treat as they like. */
export interface TestServer extends TestDatabase {
  /** Stops it as an administrator would and starts it again. */
  restart(): Promise<void>;
  /** Kills it and starts it again. */
  kill(): Promise<void>;
  /** Kills one of its processes, after which it ends all others and starts again by itself. */
  crash(): Promise<void>;
  /** Lets it neither answer nor end until the returned function is called. */
  freeze(): () => void;
}

/** A database on the server that `TEST_POSTGRES_URL` names, or on one of its own. */
export async function openDatabase(): Promise<TestDatabase> {
  const given = process.env.TEST_POSTGRES_URL;
  return given ? await openDatabaseOn(given) : await startPostgres();
}

/** A database of its own on the server of that url. */
export async function openDatabaseOn(given: string): Promise<TestDatabase> {
  const name = `shoal_test_${randomUUID().replaceAll("-", "")}`;
  await execute(given, `CREATE DATABASE ${name}`);
  const url = new URL(given);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    [Symbol.asyncDispose]: () => execute(given, `DROP DATABASE ${name} WITH (FORCE)`),
  };
}

/**
 * Starts a server on a Unix socket in a temporary folder, as durable as one in production. It is stopped and its folder deleted when
 * it is disposed of, and also when this process dies.
 */
export async function startPostgres(): Promise<TestServer> {
  const bin = process.env.POSTGRES_BIN;
  if (!bin) throw new Error("POSTGRES_BIN must name the folder of Postgres' programs. `npm test -- unit` finds it.");
  const owner = whoRuns();
  const folder = await mkdtemp(join(tmpdir(), "shoal-postgres-"));
  if (owner) await chown(folder, owner.uid, owner.gid);
  await chmod(folder, 0o755);
  const cleaner = spawn("sh", ["-c", clean, "clean", folder], {
    ...owner,
    ...apart,
    stdio: ["pipe", "ignore", "ignore"],
  });
  const data = join(folder, "data");
  const options = ["-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync"];
  execFileSync(join(bin, "initdb"), options, { ...owner, cwd: folder, stdio: "pipe" });
  const lines = [...settings, `unix_socket_directories='${folder}'`];
  await appendFile(join(data, "postgresql.conf"), `${lines.join("\n")}\n`);
  const url = `postgres://postgres@localhost/postgres?host=${encodeURIComponent(folder)}`;
  const start = () => startServer(join(bin, "postgres"), folder, url, owner);
  let server = await start();
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    server.kill(signal);
    await once(server, "exit");
  };
  return {
    url,
    restart: async () => {
      await end("SIGINT");
      server = await start();
    },
    kill: async () => {
      await end("SIGKILL");
      server = await start();
    },
    crash: () => crash(url),
    freeze: () => {
      // The server itself first: it then makes no more of the others.
      signal(server.pid ?? 0, "SIGSTOP");
      const frozen = childrenOf(server);
      for (const pid of frozen) signal(pid, "SIGSTOP");
      return () => {
        for (const pid of [server.pid ?? 0, ...frozen]) signal(pid, "SIGCONT");
      };
    },
    [Symbol.asyncDispose]: async () => {
      await end("SIGINT");
      cleaner.stdin.end();
      await once(cleaner, "exit");
    },
  };
}

/** Runs one statement on a connection of its own. */
async function execute(url: string, text: string): Promise<void> {
  const client = new Client({ connectionString: url });
  client.on("error", () => {});
  await client.connect();
  try {
    await client.query(text);
  } finally {
    await client.end();
  }
}

/** A connection that has to end tells that the server has noticed. */
async function crash(url: string): Promise<void> {
  const [victim, witness] = [new Client({ connectionString: url }), new Client({ connectionString: url })];
  for (const client of [victim, witness]) {
    client.on("error", () => {});
    await client.connect();
  }
  const { rows } = await victim.query("SELECT pg_backend_pid() AS pid");
  const noticed = new Promise((resolve) => witness.once("end", () => resolve(undefined)));
  process.kill(Number(rows[0]?.pid), "SIGKILL");
  await noticed;
  while (!(await answers(url))) await new Promise((resolve) => setTimeout(resolve, 5));
}

interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** No signal that is meant for the tests reaches it. */
const apart = { detached: true };

/** Waits until this process is gone or closes the pipe; then stops what is left of the server, frozen or not, and deletes its folder. */
const clean = `
  cat > /dev/null
  if [ -f "$1/data/postmaster.pid" ]; then
    server=$(head -n 1 "$1/data/postmaster.pid")
    kill -QUIT "$server"
    kill -CONT "$server"
    while kill -0 "$server"; do sleep 0.05; done
  fi
  rm -rf "$1"`;

const settings = ["listen_addresses=''", "fsync=on", "synchronous_commit=on", "max_connections=200"];

/** A start can fail as long as processes of a killed server are still there. */
const mostStartMs = 20_000;

async function startServer(
  program: string,
  folder: string,
  url: string,
  owner: Owner | undefined,
): Promise<ChildProcess> {
  const log = await open(join(folder, "log"), "a");
  const deadline = Date.now() + mostStartMs;
  try {
    for (;;) {
      const stdio = ["ignore", log.fd, log.fd] as const;
      const server = spawn(program, ["-D", join(folder, "data")], {
        ...owner,
        ...apart,
        stdio: [...stdio],
      });
      while (server.exitCode === null) {
        if (await answers(url)) return server;
        if (Date.now() > deadline)
          throw new Error(`Postgres did not start:\n${await readFile(join(folder, "log"), "utf8")}`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  } finally {
    await log.close();
  }
}

async function answers(url: string): Promise<boolean> {
  return await execute(url, "SELECT 1").then(
    () => true,
    () => false,
  );
}

/** Postgres refuses to run as root. */
function whoRuns(): Owner | undefined {
  if (userInfo().uid !== 0) return undefined;
  const id = (flag: string): number => Number(execFileSync("id", [flag, "postgres"], { encoding: "utf8" }));
  return { uid: id("-u"), gid: id("-g") };
}

/** One that has ended by itself meanwhile needs no signal. */
function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}

function childrenOf({ pid }: ChildProcess): number[] {
  const list = execFileSync("ps", ["-o", "pid=", "--ppid", String(pid)], { encoding: "utf8" });
  return list.split("\n").flatMap((line) => Number(line) || []);
}
