import { inOrder } from "../../core/in_order.ts";
import { completeRequestMeta } from "../../core/answers.ts";
import { PluginCaller } from "../../core/call.ts";
import { loadConfig } from "../../core/config.ts";
import { openLog } from "../../core/log.ts";
import { Payload } from "../../core/payload.ts";
import { Registry } from "../../core/registry.ts";
import { openSandbox } from "../../sandbox/open.ts";
import type { Timing } from "../../sandbox/sandbox.ts";
import { median } from "../measure.ts";
import type { Bench } from "../part.ts";
import { contentsOf, IN_FLIGHT, NO_HOME, SELECTIONS } from "../scans.ts";
import type { Row, Section } from "../table.ts";

/** Calls of each plugin, for each number in flight. */
const CALLS = 2000;

const PLUGINS = [
  ["hash", "scan"],
  ["entropy", "scan"],
  ["mimetype", "scan"],
  ["yara", "getDispatches"],
  ["pecarve", "scan"],
  ["decompress", "scan"],
] as const;

/** Where the time of one call goes, by plugin. */
export async function overhead({ corpus, quick }: Bench): Promise<Section> {
  const config = loadConfig({ baseDir: NO_HOME, pluginOpts: SELECTIONS.yara.pluginOpts });
  const log = openLog({ ...config.log, level: "critical" });
  await using sandbox = openSandbox(config.sandboxes, () => {});
  let timings: Timing[] = [];
  const caller = new PluginCaller(
    await Registry.open([], log),
    config,
    sandbox,
    log,
    (_plugin, _method, { timing }) => timing && timings.push(timing),
  );
  const contents = contentsOf(corpus.tiny);
  const request = completeRequestMeta(undefined);
  const count = quick ? 50 : CALLS;
  const rows: Row[] = [];
  for (const [name, method] of PLUGINS) {
    for (const inFlight of [1, IN_FLIGHT]) {
      const whole: number[] = [];
      const call = async (i: number): Promise<void> => {
        const payload = new Payload(contents[i % contents.length]!);
        const errors = {};
        const start = performance.now();
        await caller.call(name, { method, args: [payload.describe(), request], content: payload.content }, {
          payload,
          errors,
        });
        whole.push(performance.now() - start);
        caller.forget(payload);
        if (Object.keys(errors).length > 0) throw new Error(JSON.stringify(errors));
      };
      // The first calls load the plugin and are compiled meanwhile.
      for (let i = 0; i < Math.min(200, count); i++) await call(i);
      timings = [];
      whole.length = 0;
      await inOrder(Array.from({ length: count }, (_, i) => i), inFlight, call);
      const middle = (part: keyof Timing) => median(timings.map((timing) => timing[part])) * 1000;
      const rest = median(whole.map((ms, i) => ms - timings[i]!.queue - timings[i]!.copy - timings[i]!.run)) * 1000;
      rows.push({
        what: `${name}.${method}, ${inFlight} in flight`,
        unit: "µs",
        values: whole.map((ms) => ms * 1000),
        split: { queue: middle("queue"), copy: middle("copy"), run: middle("run"), "there and back": rest },
      });
    }
  }
  return {
    title: "Overhead of a call",
    note:
      "Medians over the calls of one plugin with tiny files, taken where they arise: queue (waiting for the plugin), copy (of the bytes into " +
      "the Worker), run (message to the Worker, the plugin itself, message back), and the way from the core into the sandbox process and back.",
    rows,
  };
}
