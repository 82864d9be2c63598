/** What the measurements share: medians, pseudo-random payloads, and how the machine is named in a report. */
import { fileURLToPath } from "node:url";
import { cpus } from "node:os";
import { VERSION } from "../mod.ts";

/** Absolute path of the project. */
export const ROOT: string = fileURLToPath(new URL("../", import.meta.url));

/** The middle value. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}

/** Seconds that a command takes, whole process; its output is thrown away. */
export async function timeCommand(program: string, args: readonly string[]): Promise<number> {
  const start = performance.now();
  const { success } = await new Deno.Command(program, {
    args: [...args],
    cwd: ROOT,
    stdin: "null",
    stdout: "null",
    stderr: "null",
  })
    .output();
  if (!success) throw new Error(`"${program} ${args.join(" ")}" failed`);
  return (performance.now() - start) / 1000;
}

/** Distinct payloads of a size, the same in every run (xorshift32). */
export function payloads(count: number, size: number): Uint8Array<ArrayBuffer>[] {
  let state = 0x9e3779b9;
  return Array.from({ length: count }, () => {
    const bytes = new Uint8Array(size);
    for (let i = 0; i < size; i++) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      bytes[i] = state;
    }
    return bytes;
  });
}

/** One line about what was measured where. */
export function machine(): string {
  const model = cpus()[0]?.model ?? "unknown processor";
  return `stoQ ${VERSION}, Deno ${Deno.version.deno}, ${cpus().length} × ${model}, ${
    new Date().toISOString().slice(0, 10)
  }`;
}
