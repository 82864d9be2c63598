/**
 * What is left on the heap of the core after some thousand payloads: a test starts it as a process of its own, with `--expose-gc`.
 * Argument: one of {@linkcode WAYS}. It writes the live bytes of before and after as JSON.
 *
 * @module
 */
import { inOrder } from "../../core/in_order.ts";
import { Stoq } from "../../mod.ts";
import { tempDir, writePlugin } from "../support.ts";

/** Payloads until everything is loaded, compiled and as large as it becomes. */
const WARM_UP = 2000;
/** Payloads between the two looks. */
const COUNT = 4000;
/** Bytes of a payload. */
const SIZE = 2048;

/** Bytes that are in use: what V8 has counted after it collected all that nobody refers to. */
function liveBytes(): number {
  const { gc } = globalThis as unknown as { gc: () => void };
  let least = Infinity;
  // Buffers are given back beside the collection that found them: the next one counts them as gone.
  for (let i = 0; i < 5; i++) {
    gc();
    const { heapUsed, external } = Deno.memoryUsage();
    least = Math.min(least, heapUsed + external);
  }
  return least;
}

/** A payload that is like no other. */
function content(index: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(SIZE);
  new DataView(bytes.buffer).setUint32(0, index);
  return bytes;
}

/** Scans one after the other, some at a time. */
async function scans(stoq: Stoq, setup: (index: number) => { addStartDispatch?: string[] }): Promise<number[]> {
  const looks: number[] = [];
  for (const count of [WARM_UP, COUNT]) {
    await inOrder(Array.from({ length: count }, (_, i) => i), 32, async (i) => {
      const { results } = await stoq.scan(content(looks.length * WARM_UP + i), setup(looks.length * WARM_UP + i));
      if (results[0]?.workers[0]?.["hash"] === undefined) throw new Error("results of hash are lost");
    });
    looks.push(liveBytes());
  }
  return looks;
}

const WAYS: Record<string, (dir: string) => Promise<number[]>> = {
  scan: async (dir) => {
    await using stoq = new Stoq({ baseDir: dir, logLevel: "error", alwaysDispatch: ["hash"], sandboxes: 1 });
    return await scans(stoq, () => ({}));
  },
  names: async (dir) => {
    // As if a plugin thought of them. The log would be as long as what it is about.
    Deno.stderr.writeSync = (bytes) => bytes.length;
    await using stoq = new Stoq({ baseDir: dir, logLevel: "critical", alwaysDispatch: ["hash"], sandboxes: 1 });
    return await scans(stoq, (index) => ({ addStartDispatch: [`no_such_plugin_${index}`] }));
  },
  run: async (dir) => {
    const items = `for (let i = 0; i < ${WARM_UP + COUNT}; i++) {
      const content = new Uint8Array(${SIZE});
      new DataView(content.buffer).setUint32(0, i);
      yield { payload: { content }, acknowledge() {} };
    }`;
    writePlugin(dir, "many", `export default class { async *ingest() { ${items} } }`);
    const looks: number[] = [];
    await using stoq = new Stoq({
      ...{ baseDir: dir, pluginDirList: [dir], logLevel: "error", sandboxes: 1 },
      ...{ providers: ["many"], alwaysDispatch: ["hash"] },
    });
    const { done, withErrors } = await stoq.run({
      // What is kept for the time of a run is gone after it: looked at while it goes on.
      onProgress: ({ done }) => {
        if (done >= [WARM_UP, WARM_UP + COUNT - 100, Infinity][looks.length]!) looks.push(liveBytes());
      },
    });
    if (done !== WARM_UP + COUNT || withErrors > 0) throw new Error(`${done} done, ${withErrors} with errors`);
    return looks;
  },
};

if (import.meta.main) {
  using dir = tempDir();
  const [before, after] = await WAYS[Deno.args[0]!]!(dir.path);
  console.log(JSON.stringify({ before, after, count: COUNT }));
}
