/** What a sandbox process that its plugin has taken over can do to the core: nothing but fail its own calls. */
import assert from "node:assert/strict";
import { Stoq } from "../../mod.ts";
import { fromFileUrl } from "../support.ts";

const PROCESS = fromFileUrl("./hostile/taken_over.ts");
const MIB = 1024 * 1024;

/** Scans with a process that attacks in its answer. @returns The error, and by how many MiB the core has grown at most. */
async function attack(name: string): Promise<{ error: string; grown: number }> {
  const { Command } = Deno;
  const before = Deno.memoryUsage().rss;
  let most = before;
  const look = setInterval(() => most = Math.max(most, Deno.memoryUsage().rss), 5);
  // Only what this file's code sees is changed.
  Deno.Command = class extends Command {
    constructor(program: string | URL, options?: Deno.CommandOptions) {
      const { env: _env, clearEnv: _clearEnv, ...rest } = options ?? {};
      super(program, { ...rest, args: ["run", "-A", "--no-check", "--quiet", PROCESS, name] });
    }
  };
  try {
    await using stoq = new Stoq({ baseDir: "/nonexistent/stoq", sandboxes: 1, logLevel: "critical" });
    const { errors } = await stoq.scan("x", { addStartDispatch: ["hash"] });
    most = Math.max(most, Deno.memoryUsage().rss);
    return { error: errors["hash"]?.join("; ") ?? "none", grown: (most - before) / MIB };
  } finally {
    Deno.Command = Command;
    clearInterval(look);
  }
}

for (
  const [name, error] of [
    ["places", /more than 268435456 bytes of places/],
    ["places_of_nothing", /a place that is none/],
    ["places_for_nobody", /one that nobody asked for/],
    ["opened_without_end", /it opened files that there are not, or twice/],
    ["parts_without_end", /frame has 104857600000 bytes of parts/],
    ["huge_envelope", /envelope has 262144000 bytes/],
    ["assets_without_end", /it asked for more assets than its plugins can/],
  ] as const
) {
  Deno.test(`a process that is taken over ends with its own error: ${name.replaceAll("_", " ")}`, async () => {
    const outcome = await attack(name);
    assert.match(outcome.error, error);
    // Room for the garbage collector's moods: without a bound it is gigabytes.
    assert.ok(outcome.grown < 500, `the core has grown by ${outcome.grown} MiB`);
  });
}
