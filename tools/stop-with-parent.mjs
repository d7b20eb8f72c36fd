// Imported before a server that tools/run.mjs starts: the server stops when that process is gone, however it went.
process.once("disconnect", () => process.kill(process.pid, "SIGTERM"));
process.channel?.unref();
