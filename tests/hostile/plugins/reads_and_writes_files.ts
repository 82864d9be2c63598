/** Row 14: files by Deno, by `node:fs` in all its forms, by `fetch`, by `/proc`; and whether they are there at all. Stopped by permissions. */
import * as fs from "node:fs";
import * as files from "node:fs/promises";
import type { WorkerPlugin, WorkerResponse } from "../../../plugin.ts";

export default class Files implements WorkerPlugin {
  async scan(): Promise<WorkerResponse> {
    const refused: string[] = [];
    const gained: string[] = [];
    const secret = "%SECRET_FILE%";
    const folder = "%SECRET_FOLDER%";
    const attempts: (() => unknown)[] = [
      () => Deno.readTextFileSync(secret),
      () => Deno.openSync(secret),
      () => fs.readFileSync(secret, "utf8"),
      () => fs.openSync(secret, "r"),
      () => files.readFile(secret, "utf8"),
      () => files.open(secret),
      () => fs.statSync(secret).size,
      () => fs.lstatSync(secret).size,
      () => files.stat(secret),
      () => fs.accessSync(secret),
      () => fs.existsSync(secret) ? "it is there" : Promise.reject(new Error("existsSync: false")),
      () => fs.readdirSync(folder).join(),
      () => fs.opendirSync(folder).path,
      () => fs.realpathSync(secret),
      () => fs.realpathSync("."),
      () => fs.readlinkSync(secret),
      () => fs.statfsSync("/").blocks,
      () => fs.copyFileSync(secret, `${folder}/copy`),
      () => fs.writeFileSync(secret, "overwritten"),
      () => fs.appendFileSync(secret, "more"),
      () => fs.unlinkSync(secret),
      () => fs.renameSync(secret, `${folder}/renamed`),
      () => fs.linkSync(secret, `${folder}/linked`),
      () => fs.symlinkSync(secret, `${folder}/symlink`),
      () => fs.mkdirSync(`${folder}/made`),
      () => fs.mkdtempSync("/tmp/stoq_hostile_"),
      () => fs.chmodSync(secret, 0o777),
      () => fs.utimesSync(secret, 0, 0),
      () => fs.truncateSync(secret),
      () => fs.cpSync(folder, `${folder}/tree`, { recursive: true }),
      () => fs.rmSync(folder, { recursive: true }),
      () => fs.globSync(`${folder}/*`).join() || Promise.reject(new Error("globSync: nothing")),
      () => fs.readFileSync("/proc/self/environ", "utf8"),
      () => fs.readFileSync("/proc/self/cmdline", "utf8"),
      () => fs.readFileSync("/proc/self/mem"),
      () => fs.writeFileSync("/proc/self/mem", "x"),
      () => fs.readFileSync("/dev/fd/0"),
      () => fetch(`file://${secret}`).then((response) => response.text()),
      () => new Promise((resolve, reject) => fs.createReadStream(secret).on("data", resolve).on("error", reject)),
      () => Deno.openKv(`${folder}/kv`),
      () => Reflect.get(globalThis, "localStorage").setItem("a", "b"),
    ];
    for (const attempt of attempts) {
      try {
        gained.push(`${attempt}: ${String(await attempt()).length}`);
      } catch (error) {
        refused.push(String(error).replaceAll("\n", " "));
      }
    }
    return { results: { gained: gained.length > 0 ? gained : null, refused, attempts: attempts.length } };
  }
}

declare global {
  namespace Deno {
    function openKv(path: string): Promise<unknown>;
  }
}
