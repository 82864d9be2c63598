import { fromFileUrl } from "../support.ts";

/** The built file. */
export const BUNDLE = fromFileUrl("../dist/stoq.js");

/** Builds it, once for all tests of a file, whatever others do meanwhile. */
export async function buildBundle(): Promise<void> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", fromFileUrl("../build/build.ts")],
    stdout: "null",
    stderr: "piped",
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}

/** Runs a command. */
export async function run(program: string, args: readonly string[], options: Deno.CommandOptions = {}) {
  const { code, stdout, stderr } = await new Deno.Command(program, {
    args: [...args],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    ...options,
  }).output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

/**
 * Runs the built file with Deno where there is nothing else: no network, no home, no cache, no checkout; only the programs of the system and
 * the given folder, as `/place`, which is the working directory.
 */
export function runAlone(place: string, args: readonly string[], denoArgs: readonly string[] = []) {
  const system = ["/usr", "/bin", "/lib", "/lib64", "/etc"].flatMap((path) => ["--ro-bind-try", path, path]);
  return run("bwrap", [
    ...system,
    ...["--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "--unshare-net", "--unshare-pid", "--die-with-parent"],
    ...["--bind", place, "/place", "--ro-bind", Deno.execPath(), "/deno", "--ro-bind", BUNDLE, "/stoq.js"],
    ...["--chdir", "/place", "--clearenv", "--setenv", "PATH", "/usr/bin:/bin", "--setenv", "NO_COLOR", "1"],
    ...["--setenv", "HOME", "/tmp/home", "--setenv", "STOQ_HOME", "/place/home"],
    ...["/deno", "run", "-A", ...denoArgs, "/stoq.js", ...args],
  ]);
}
