import { readFileSync } from "node:fs";

/** Seconds between looks where the operating system has to be asked by a program. */
const PS_INTERVAL = 1;

const last = new Map<number, { at: number; mib: number }>();

/** Resident memory of a process in MiB; 0 where it is not known (yet), or the process is gone. */
export function residentMiB(pid: number): number {
  if (Deno.build.os === "linux") {
    try {
      const kib = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1];
      return kib === undefined ? 0 : Number(kib) / 1024;
    } catch {
      return 0;
    }
  }
  const known = last.get(pid);
  if (known === undefined || performance.now() - known.at > PS_INTERVAL * 1000) {
    last.set(pid, { at: performance.now(), mib: known?.mib ?? 0 });
    void askProgram(pid);
  }
  return known?.mib ?? 0;
}

/** Forgets a process that has ended. */
export function forgetProcess(pid: number): void {
  last.delete(pid);
}

async function askProgram(pid: number): Promise<void> {
  const [program, args] = Deno.build.os === "windows"
    ? ["tasklist", ["/fo", "csv", "/nh", "/fi", `PID eq ${pid}`]] as const
    : ["ps", ["-o", "rss=", "-p", String(pid)]] as const;
  try {
    const { stdout } = await new Deno.Command(program, { args: [...args], stdout: "piped", stderr: "null" }).output();
    const text = new TextDecoder().decode(stdout);
    const kib = Number((Deno.build.os === "windows" ? text.split('","')[4] ?? "" : text).replace(/\D/g, ""));
    if (last.has(pid)) last.set(pid, { at: performance.now(), mib: kib / 1024 });
  } catch {
    // Without the program, memory is only bounded by V8's own limit.
  }
}
