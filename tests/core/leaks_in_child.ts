/**
 * What is left open after sandboxes have come and gone: a test starts it as a process of its own, with an empty TMPDIR. It writes as JSON
 * the number of descriptors before and after, and the names in TMPDIR (Linux).
 *
 * @module
 */
import { Stoq } from "../../mod.ts";

const TIMES = 8;

const folder = Deno.env.get("TMPDIR")!;

function descriptors(): number {
  return [...Deno.readDirSync("/proc/self/fd")].length;
}

async function scan(plugin: string): Promise<Record<string, string[]>> {
  await using stoq = new Stoq({ baseDir: folder, sandboxes: 1, logLevel: "critical" });
  return (await stoq.scan(new Uint8Array(100_000), { addStartDispatch: [plugin] })).errors;
}

// A plugin whose sandbox cannot be started: Deno takes no path with a comma.
await Deno.mkdir(`${folder}/plugins/a,b`, { recursive: true });
await Deno.writeTextFile(`${folder}/plugins/a,b/p.stoq`, "[Core]\nName = p\nModule = p\n");
await Deno.writeTextFile(`${folder}/plugins/a,b/p.ts`, "export default class { scan() {} }");
const errors = { hash: await scan("hash"), p: await scan("p") };
const before = descriptors();
for (let i = 0; i < TIMES; i++) {
  await scan("hash");
  await scan("p");
}
const names = [...Deno.readDirSync(folder)].map(({ name }) => name);
console.log(JSON.stringify({ errors, before, after: descriptors(), names, times: TIMES }));
