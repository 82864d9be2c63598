/**
 * Taking times: alternating repeats, processor time beside wall time, and commands whose output is thrown away.
 *
 * @module
 */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Absolute path of the project. */
export const ROOT: string = fileURLToPath(new URL("../", import.meta.url));

/** Clock ticks a second in `/proc/PID/stat` (`sysconf(_SC_CLK_TCK)`: 100 on every Linux that Deno runs on). */
const TICKS = 100;

/** One measurement, in seconds. */
export interface Sample {
  /** By the clock. */
  readonly wall: number;
  /** Of all processors, in this process and its children; NaN where the system does not say. */
  readonly cpu: number;
}

/** The middle value, or the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  if (sorted.length === 0) return NaN;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}

/** Takes the time of something. */
export async function sample(work: () => Promise<unknown>): Promise<Sample> {
  const cpu = processorSeconds();
  const start = performance.now();
  await work();
  return { wall: (performance.now() - start) / 1000, cpu: processorSeconds() - cpu };
}

/**
 * Takes the times of several things in turn, again and again, so that what happens on the machine meanwhile is shared by all.
 *
 * @param warmUp Whether there is a first round that does not count.
 */
export async function alternating(
  sides: Readonly<Record<string, () => Promise<unknown>>>,
  repeats: number,
  warmUp: boolean,
): Promise<Record<string, Sample[]>> {
  const samples: Record<string, Sample[]> = Object.fromEntries(Object.keys(sides).map((name) => [name, []]));
  for (let round = warmUp ? -1 : 0; round < repeats; round++) {
    for (const [name, work] of Object.entries(sides)) {
      const taken = await sample(work);
      if (round >= 0) samples[name]!.push(taken);
    }
  }
  return samples;
}

/** How a command is run. */
export interface CommandSetup {
  readonly cwd?: string;
  readonly env?: Record<string, string>;
}

/**
 * Runs a command to its end. Its output goes to /dev/null.
 *
 * @returns What it wrote to standard error.
 * @throws {Error} If its exit status is not 0.
 */
export async function runCommand(program: string, args: readonly string[], setup: CommandSetup = {}): Promise<string> {
  const { success, code, stderr } = await new Deno.Command(program, {
    args: [...args],
    cwd: setup.cwd ?? ROOT,
    env: { ...setup.env },
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).output();
  const text = new TextDecoder().decode(stderr);
  if (!success) throw new Error(`"${program} ${args.join(" ").slice(0, 200)}" ended with ${code}: ${text.trim()}`);
  return text;
}

/** Whether there is such a program. */
export function hasProgram(name: string): boolean {
  return (Deno.env.get("PATH") ?? "").split(":").some((folder) => {
    try {
      return Deno.statSync(`${folder}/${name}`).isFile;
    } catch {
      return false;
    }
  });
}

/** Ids of the processes that this one has started and that still run (Linux). */
export function children(): number[] {
  return readdirSync("/proc").filter((name) => /^\d+$/.test(name)).map(Number).filter((pid) => {
    const parent = statOf(pid)?.[1];
    return parent === Deno.pid;
  });
}

/** Of this process, its children, and those of them that have ended. */
function processorSeconds(): number {
  if (Deno.build.os !== "linux") return NaN;
  let ticks = 0;
  for (const pid of [Deno.pid, ...children()]) {
    // Fields 14 to 17 of proc(5): utime, stime, and both of children that were waited for.
    for (const value of statOf(pid)?.slice(11, 15) ?? []) ticks += value;
  }
  return ticks / TICKS;
}

/** Fields of `/proc/PID/stat` from the third, as numbers (the third, a letter, is NaN); null if the process is gone. */
function statOf(pid: number): number[] | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "latin1");
    // The second field is the program's name, which may hold anything, in parentheses.
    return text.slice(text.lastIndexOf(")") + 2).split(" ").map(Number);
  } catch {
    return null;
  }
}
