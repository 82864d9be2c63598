import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { fromFileUrl } from "../support.ts";
import { type Broker, BROKERS, isListening, type TestQueue } from "./brokers.ts";
import { allGone, type Command, descendants, Home, isRunning, type Saved } from "./support.ts";

const MESSAGES = 5000;
/** Results after which the command is killed. */
const MIDDLE = 1500;
/** Milliseconds without a new result after which the rest is lost. */
const PATIENCE = 60_000;

for (const broker of BROKERS) {
  const why = Deno.build.os !== "linux"
    ? "not on Linux"
    : !isThere(fromFileUrl(`../plugins/${broker.plugin}/${broker.plugin}.stoq`))
    ? `there is no plugin ${broker.plugin}`
    : Deno.env.get("CI") !== "true" && !await isListening(broker.port)
    ? `${broker.name} is not running at 127.0.0.1:${broker.port}`
    : null;
  const name = `killed in the middle of its messages on ${broker.name} and started again, a run has a result for each`;
  Deno.test({
    name: why === null ? name : `${name} (skipped: ${why})`,
    ignore: why !== null,
    fn: () => killInTheMiddle(broker),
  });
}

async function killInTheMiddle({ plugin, makeQueue }: Broker): Promise<void> {
  await using home = new Home();
  await using queue = await makeQueue();
  const texts = Array.from({ length: MESSAGES }, (_, i) => `message ${i} ${home.path}`);
  await queue.put(texts);
  const start = () =>
    home.start([
      ...["run", "-P", plugin, "-C", plugin, "-a", "hash", "--log-level", "warning", "--plugin-opts"],
      ...Object.entries(queue.options).map(([option, value]) => `${plugin}:${option}=${value}`),
    ]);
  /** How often there is a result for each payload, by SHA-256. */
  const saved = new Map<string, number>();
  const first = start();
  await collect(queue, saved, MIDDLE, first);
  const processes = descendants(first.pid);
  first.kill("SIGKILL");
  assert.equal((await first.ended()).signal, "SIGKILL");
  await allGone(processes);
  await collect(queue, saved, 0, first);
  assert.ok(saved.size < MESSAGES, "it was killed in the middle");

  const second = start();
  await collect(queue, saved, MESSAGES, second);
  second.kill("SIGTERM");
  const { code, stderr } = await second.ended();
  assert.equal(code, 0, stderr);
  await collect(queue, saved, 0, second);
  const wanted = texts.map((text) => createHash("sha256").update(text).digest("hex"));
  assert.deepEqual([...saved.keys()].sort(), wanted.sort());
  assert.equal(await queue.count(), 0, "all are acknowledged");
  // Only what was in hand when it was killed can have come twice: as many as are scanned at once, and held before.
  const twice = [...saved.values()].reduce((sum, times) => sum + times - 1, 0);
  assert.ok(twice <= 200, `${twice} results came more than once`);
  assert.deepEqual(home.names("dead_letters"), []);
}

/** Takes results until there are those of so many payloads. */
async function collect(queue: TestQueue, saved: Map<string, number>, least: number, command: Command): Promise<void> {
  let last = performance.now();
  do {
    for (const text of await queue.takeResults()) {
      const { results: [result] }: Saved = JSON.parse(text);
      const { sha256 } = result!.workers[0]!["hash"] as { sha256: string };
      saved.set(sha256, (saved.get(sha256) ?? 0) + 1);
      last = performance.now();
    }
    const isOver = saved.size < least && !isRunning(command.pid);
    if (isOver || performance.now() - last > PATIENCE) {
      if (isRunning(command.pid)) command.kill("SIGKILL");
      const { stderr } = await command.ended();
      throw new Error(`there are results of ${saved.size} payloads of ${least}, and no more come: ${stderr}`);
    }
    // The servers are asked again and again; a pause leaves them time for their work.
    if (saved.size < least) await new Promise((resolve) => setTimeout(resolve, 50));
  } while (saved.size < least);
}

function isThere(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
