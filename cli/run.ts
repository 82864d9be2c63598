import type { RunProgress, RunSummary } from "../core/run.ts";
import { Stoq } from "../core/stoq.ts";
import { EXIT } from "./exit.ts";
import { type ScanFlags, scanOptions, stoqOptions } from "./flags.ts";

/** Milliseconds between looks at the progress. */
const PROGRESS_INTERVAL = 200;
/** Exit status after a second Ctrl-C: 128 + SIGINT, as shells have it. */
const INTERRUPTED = 130;

/** Scans what providers bring. @returns The exit status: 1 if a provider failed or something could not be delivered. */
export async function runCommand(flags: ScanFlags): Promise<number> {
  const stop = new AbortController();
  const onSignal = () => {
    // The second one stops at once: sandbox processes end with this one.
    if (stop.signal.aborted) Deno.exit(INTERRUPTED);
    stop.abort();
    console.error("stoq: finishing what is in flight; once more stops at once");
  };
  const signals: Deno.Signal[] = Deno.build.os === "windows" ? ["SIGINT"] : ["SIGINT", "SIGTERM"];
  for (const signal of signals) Deno.addSignalListener(signal, onSignal);
  try {
    await using stoq = new Stoq(stoqOptions(flags));
    await using _metrics = flags.metricsPort === undefined ? null : await stoq.serveMetrics(flags.metricsPort);
    const progress = showProgress(flags);
    const summary = await stoq.run({ ...scanOptions(flags), signal: stop.signal, onProgress: progress.update });
    progress.end(summary);
    return summary.failures.length + summary.deadLetters === 0 ? EXIT.ok : EXIT.failed;
  } finally {
    for (const signal of signals) Deno.removeSignalListener(signal, onSignal);
  }
}

/** One line on a terminal, renewed; on anything else only the summary at the end. */
function showProgress(flags: ScanFlags): { update(progress: RunProgress): void; end(summary: RunSummary): void } {
  const shown = Deno.stderr.isTerminal() && !flags.quiet;
  let last: RunProgress | undefined;
  const write = (text: string) => Deno.stderr.writeSync(new TextEncoder().encode(text));
  const timer = shown ? setInterval(() => last && write(`\r\x1b[K${describe(last)}`), PROGRESS_INTERVAL) : undefined;
  return {
    update: (progress) => last = progress,
    end: (summary) => {
      clearInterval(timer);
      if (shown) write("\r\x1b[K");
      const unfinished = summary.unfinished > 0 ? `, ${summary.unfinished} not finished` : "";
      write(`stoq: ${describe(summary)}${unfinished}${summary.stopped ? ", stopped" : ""}\n`);
      for (const failure of summary.failures) write(`stoq: ${failure}\n`);
    },
  };
}

function describe({ done, withErrors, deadLetters, inFlight, queued, seconds }: RunProgress): string {
  const rate = seconds > 0 ? done / seconds : 0;
  const running = inFlight + queued > 0 ? `, ${inFlight} in flight, ${queued} queued` : "";
  return `${done} done in ${seconds.toFixed(1)} s (${
    rate.toFixed(rate < 10 ? 1 : 0)
  }/s)${running}, ${withErrors} with errors, ` +
    `${deadLetters} not delivered`;
}
