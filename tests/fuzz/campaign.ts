import { openPlugin, type PluginUnderTest } from "../../testing.ts";
import { mutate, Random } from "./mutate.ts";
import { DISPATCH_META, type Sample, samples, type Target, targets } from "./samples.ts";

/** What to do to one plugin. */
export interface Campaign {
  readonly plugin: string;
  readonly seed: number;
  /** Number of the first run. Default: 0. */
  readonly first?: number;
  readonly runs: number;
  /** Milliseconds that a call may take without being a failure. */
  readonly slow: number;
  /** Told of every failure when it happens. */
  readonly onFailure?: (failure: FuzzFailure) => void;
  /** Asked before each run, with the number of those that were made: whether that is enough. */
  readonly enough?: (made: number) => boolean;
}

/** A run that showed a fault of the plugin. */
export interface FuzzFailure {
  readonly plugin: string;
  readonly seed: number;
  readonly run: number;
  readonly target: Target;
  /** Path of the sample that the input was made from. */
  readonly sample: string;
  readonly input: Uint8Array<ArrayBuffer>;
  readonly message: string;
}

/** What came of it. */
export interface CampaignReport {
  readonly plugin: string;
  readonly runs: number;
  /** Milliseconds, and number of the run. */
  readonly slowest: { readonly time: number; readonly run: number };
  /** Runs after which the plugin said what was wrong with the file: as it should. */
  readonly complaints: number;
  readonly failures: number;
}

/** Failures after which a plugin is left alone: each may have taken a whole timeout. */
const MAX_FAILURES = 10;

/** Gives a plugin damaged files, one after another, in the sandbox that it always runs in. */
export async function fuzz(campaign: Campaign): Promise<CampaignReport> {
  const { plugin, seed, first = 0, runs, slow } = campaign;
  const seeds = samples(plugin);
  const ways = await targets(plugin);
  if (ways.length === 0) throw new Error(`Cannot fuzz plugin "${plugin}": it is neither a worker nor a dispatcher`);
  if (seeds.length === 0) throw new Error(`Cannot fuzz plugin "${plugin}": it has no samples in its testdata`);
  await using opened = await openTargets(plugin, ways);
  const report = { plugin, runs: 0, slowest: { time: 0, run: first }, complaints: 0, failures: 0 };
  for (
    let run = first;
    run < first + runs && report.failures < MAX_FAILURES && !campaign.enough?.(report.runs);
    run++
  ) {
    const { sample, input } = inputOf(seed, run, seeds);
    const target = ways[run % ways.length]!;
    const fail = (message: string) => {
      report.failures++;
      campaign.onFailure?.({ plugin, seed, run, target, sample: sample.path, input, message });
    };
    const start = performance.now();
    try {
      // The call gets a copy: what it does to its bytes does not change what is kept of a failure.
      const { errors } = await opened.of(target)[target.method](input, { dispatchMeta: DISPATCH_META[plugin] });
      if ((errors ?? []).length > 0) report.complaints++;
    } catch (error) {
      fail(error instanceof Error ? error.message : String(error));
    }
    const time = performance.now() - start;
    if (time > slow) fail(`took ${Math.round(time)} ms`);
    if (time > report.slowest.time) report.slowest = { time, run };
    report.runs++;
  }
  return report;
}

/** What a run is given. */
export function inputOf(
  seed: number,
  run: number,
  seeds: readonly Sample[],
): { sample: Sample; input: Uint8Array<ArrayBuffer> } {
  const random = Random.ofRun(seed, run);
  const sample = random.pick(seeds);
  return { sample, input: mutate(sample.bytes, random) };
}

/** One sandbox for each set of options. */
async function openTargets(plugin: string, ways: readonly Target[]) {
  const stack = new AsyncDisposableStack();
  const opened = new Map<string, PluginUnderTest>();
  try {
    for (const { options } of ways) {
      const key = JSON.stringify(options);
      if (!opened.has(key)) opened.set(key, stack.use(await openPlugin(plugin, { options })));
    }
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
  return {
    of: ({ options }: Target) => opened.get(JSON.stringify(options))!,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}
