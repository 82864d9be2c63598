import type { PluginLog, ProviderItem } from "../../plugin.ts";
import { ConnectionError, delayBefore, pause } from "./service_link.ts";

/** What a provider has while it is connected to its queue. */
export interface QueueSession {
  /**
   * The next item; null once the signal is aborted.
   *
   * @throws {ConnectionError} If the connection is lost.
   */
  next(): Promise<ProviderItem | null>;
  /** Ends it, whatever its state. Never throws. */
  close(): Promise<void>;
}

/**
 * The items of a queue, until the signal is aborted. A connection that is lost is opened again, for as long as it takes; one that
 * fails from the start is an error: then it is more likely that an option is wrong.
 */
export async function* itemsOf(
  open: () => Promise<QueueSession>,
  { signal, log }: { readonly signal: AbortSignal; readonly log: PluginLog },
): AsyncGenerator<ProviderItem> {
  let wasOpen = false;
  for (let attempt = 1; !signal.aborted; attempt++) {
    try {
      const session = await open();
      if (wasOpen) log.info("connected again");
      wasOpen = true;
      try {
        for (let item = await session.next(); item !== null; item = await session.next()) {
          attempt = 0;
          yield item;
        }
      } finally {
        await session.close();
      }
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof ConnectionError) || !wasOpen) throw error;
      const delay = delayBefore(attempt);
      log.warning(`${error.message}: trying again in ${(delay / 1000).toFixed(1)} s`);
      await pause(delay, signal);
    }
  }
}
