/**
 * Rows 5 and 6: writes to standard output and error and reads standard input by every way there is: `console`, Deno's streams, `process`, descriptors of
 * `node:fs`, devices, terminals. The console and what looks like the streams of `process` go to the log; the rest is taken away, closed or denied.
 */
import {
  closeSync,
  createWriteStream,
  fstatSync,
  fsyncSync,
  openSync,
  readSync,
  writeFileSync,
  writeSync,
  writevSync,
} from "node:fs";
import { isatty, WriteStream } from "node:tty";
import type { WorkerPlugin, WorkerResponse } from "../../../plugin.ts";

const NOISE = "NOISE OF A PLUGIN\n";

export default class StandardStreams implements WorkerPlugin {
  async scan(): Promise<WorkerResponse> {
    const refused: string[] = [];
    const gained: string[] = [];
    console.log(NOISE);
    console.table([NOISE]);
    console.dir(NOISE);
    process.stdout.write(NOISE);
    process.stderr.write(NOISE);
    const bytes = new TextEncoder().encode(NOISE);
    const attempts: (() => unknown)[] = [
      () => Deno.stdout.writeSync(bytes),
      () => Deno.stderr.writeSync(bytes),
      () => Deno.stdin.readSync(new Uint8Array(1)),
      () => Deno.stdout.writable.getWriter().write(bytes),
      () => process.stdin.read(),
      () => writeSync(1, NOISE),
      () => writeSync(2, bytes),
      () => writevSync(1, [bytes]),
      () => readSync(0, bytes),
      () => fsyncSync(1),
      () => fstatSync(0),
      () => writeFileSync(1, NOISE),
      () => writeFileSync("/dev/stdout", NOISE),
      () => writeFileSync("/dev/fd/1", NOISE),
      () => writeFileSync("/proc/self/fd/1", NOISE),
      () => openSync("/dev/tty", "w"),
      () => new WriteStream(1).write(NOISE),
      () => closeSync(1),
      () =>
        new Promise((resolve, reject) => {
          const stream = createWriteStream("", { fd: 1 });
          stream.on("error", reject);
          stream.on("finish", () => resolve("written"));
          stream.end(NOISE);
        }),
      () => Reflect.get(process, "_rawDebug")(NOISE),
      () => Reflect.get(globalThis, "prompt")(NOISE),
      () => Reflect.get(globalThis, "alert")(NOISE),
    ];
    for (let fd = 3; fd < 40; fd++) attempts.push(() => writeSync(fd, NOISE));
    for (const attempt of attempts) {
      try {
        gained.push(`${attempt}: ${await attempt()}`);
      } catch (error) {
        refused.push(String(error).replaceAll("\n", " "));
      }
    }
    if (isatty(1)) gained.push("isatty");
    return { results: { gained: gained.length > 0 ? gained : null, refused, attempts: attempts.length } };
  }
}
