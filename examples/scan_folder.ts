// Scans every file of a folder, and prints a line for each payload found in it.
import { Stoq } from "@stoq/cli";

const folder = Deno.args[0] ?? "examples";
await using stoq = new Stoq({ dispatchers: ["yara"], alwaysDispatch: ["hash"] });
for await (const { name, isFile } of Deno.readDir(folder)) {
  if (!isFile) continue;
  const response = await stoq.scan(await Deno.readFile(`${folder}/${name}`), {
    payloadMeta: { extraData: { filename: name } },
  });
  for (const { workers, extractedBy, size } of response.results) {
    const { sha256 } = workers[0]?.["hash"] as { sha256: string };
    console.log(`${name}\t${sha256}\t${size}\t${extractedBy ?? "original"}`);
  }
}
