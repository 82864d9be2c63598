/**
 * Scans with a hostile plugin and two good ones, for attacks that could end the core: a test starts it as a process of its own. Arguments: a plugin directory and the
 * plugin's name, and `stay` where it is to have its sandboxes until the end of standard input. It writes what the test looks at.
 *
 * @module
 */
import { Stoq } from "../../mod.ts";
import { PAYLOAD } from "./support.ts";

if (import.meta.main) {
  const [plugins, name, stay] = Deno.args;
  await using stoq = new Stoq({ baseDir: plugins!, pluginDirList: [plugins!], logLevel: "critical", sandboxes: 1 });
  const content = new TextEncoder().encode(PAYLOAD);
  const response = await stoq.scan(content, { addStartDispatch: [name!, "hash", "entropy"] });
  const { hash, entropy } = response.results[0]!.workers[0]!;
  const errors = response.errors[name!] ?? [];
  const json = String(response).length;
  console.log(JSON.stringify({ hash, entropy, errors, json }));
  if (stay === "stay") await Deno.stdin.read(new Uint8Array(1));
}
