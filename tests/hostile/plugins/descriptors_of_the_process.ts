/**
 * Row 14: the open files of the process that the Worker is in, by number: those that payloads come and go by. Numbers of a Worker are its
 * own, and handles don't open others.
 */
import * as fs from "node:fs";
import type { WorkerPlugin, WorkerResponse } from "../../../plugin.ts";

/** More than a sandbox process has. */
const NUMBERS = 200;

export default class Descriptors implements WorkerPlugin {
  async scan(): Promise<WorkerResponse> {
    const refused: string[] = [];
    const gained: string[] = [];
    const bytes = new Uint8Array(16);
    const ways: ((fd: number) => unknown)[] = [
      (fd) => fs.readSync(fd, bytes, 0, 16, 0),
      (fd) => fs.writeSync(fd, bytes, 0, 16, 0),
      (fd) => fs.fstatSync(fd).size,
      (fd) => fs.ftruncateSync(fd, 0),
      (fd) => fs.fsyncSync(fd),
      (fd) => fs.futimesSync(fd, 0, 0),
      (fd) => fs.readFileSync(fd).length,
      (fd) => fs.closeSync(fd),
      (fd) => fs.readFileSync(`/dev/fd/${fd}`),
      (fd) => fs.readFileSync(`/proc/self/fd/${fd}`),
      (fd) =>
        new Promise((resolve, reject) =>
          fs.createReadStream("", { fd, start: 0 }).on("data", resolve).on("error", reject)
        ),
    ];
    let attempts = 0;
    for (let fd = 3; fd < NUMBERS; fd++) {
      for (const way of ways) {
        attempts++;
        try {
          gained.push(`${way} ${fd}: ${await way(fd)}`);
        } catch (error) {
          refused.push(String(error).slice(0, 60).replaceAll("\n", " "));
        }
      }
    }
    return { results: { gained: gained.length > 0 ? gained : null, refused: [...new Set(refused)], attempts } };
  }
}
