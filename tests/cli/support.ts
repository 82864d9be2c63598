import { fromFileUrl, ownHomeEnv } from "../support.ts";

/** What the command did. */
export interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** How to run it. */
export interface RunSetup {
  readonly stdin?: Uint8Array | string;
  readonly env?: Record<string, string>;
  readonly cwd?: string;
}

/** Runs `stoq` as a user would, with an empty STOQ_HOME unless told otherwise. */
export async function stoq(args: readonly string[], setup: RunSetup = {}): Promise<Run> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", fromFileUrl("../cli.ts"), ...args],
    stdin: setup.stdin === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
    env: { ...ownHomeEnv(), NO_COLOR: "1", STOQ_HOME: "/nonexistent/stoq", ...setup.env },
    ...(setup.cwd !== undefined && { cwd: setup.cwd }),
  }).spawn();
  if (setup.stdin !== undefined) {
    const bytes = typeof setup.stdin === "string" ? new TextEncoder().encode(setup.stdin) : setup.stdin;
    // The command may end before it has read everything.
    await new Response(new Uint8Array(bytes)).body!.pipeTo(child.stdin).catch(() => {});
  }
  const { code, stdout, stderr } = await child.output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}
