// deno-lint-ignore-file
const Module = module.constructor;
const take = (name) => {
  const original = Module._resolveFilename;
  Module._resolveFilename = () => `node:${name}`;
  try {
    return require("fs");
  } finally {
    Module._resolveFilename = original;
  }
};
module.exports = async () => {
  const refused = [];
  const gained = [];
  const attempts = [
    () => take("v8").setFlagsFromString("--no-flush-bytecode") ?? "a flag of V8 was set",
    () => new (take("worker_threads").BroadcastChannel)("meet").postMessage("found you") ?? "a channel was opened",
    () => `process ${take("process").pid.toFixed()} is known`,
    () => take("vm").runInNewContext("'code ran in a new context'"),
    () =>
      take("child_process").ChildProcess.name.length > 0 &&
      `child_process came as ${typeof take("child_process").spawn}`,
    () =>
      new Promise((resolve, reject) => {
        // Standard error: standard output would be the pipe to the core, and its end.
        const socket = new (take("net").Socket)({ fd: 2 });
        socket.on("error", reject);
        socket.write(
          "a plugin wrote this\n",
          (error) => error ? reject(error) : resolve("descriptor 2 was written to"),
        );
      }),
  ];
  for (const attempt of attempts) {
    try {
      gained.push(await attempt());
    } catch (error) {
      refused.push(String(error).replaceAll("\n", " "));
    }
  }
  return { gained: gained.length > 0 ? gained : null, refused, attempts: attempts.length };
};
