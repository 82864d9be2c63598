/**
 * Entry of the Web Worker that a plugin lives in. Its static graph is loaded with the permissions of the process, so it holds
 * no data and exports nothing; the plugin is imported by a computed specifier, with the worker's own (SANDBOX.md, rows 1-3).
 *
 * @module
 */
import { describeError, Guest } from "./guest.ts";
import { harden } from "./harden.ts";
import { makeResponse } from "../core/response.ts";
import type { ToGuest } from "./protocol.ts";

const inspect = Deno.inspect;
let guest: Guest | undefined;

addEventListener("message", (event: Event) => {
  const message = (event as MessageEvent<ToGuest>).data;
  if (guest !== undefined) return void guest.receive(message);
  if (message.type !== "init") return;
  const { post, checkHooks } = harden(globalThis, {
    entry: message.setup.entry,
    granted: message.setup.granted,
    env: message.setup.env,
    log: (level, values) =>
      post({
        type: "log",
        level,
        message: values.map((value) => typeof value === "string" ? value : inspect(value, { colors: false, depth: 4 }))
          .join(" "),
      }, []),
  });
  // Not prevented, Deno would print what the plugin threw, terminal escapes and all; the host hears of it here (row 13).
  const late = (error: unknown) => post({ type: "late", error: describeError(error) }, []);
  addEventListener("error", (event) => {
    event.preventDefault();
    late((event as ErrorEvent).error);
  });
  addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    late((event as PromiseRejectionEvent).reason);
  });
  guest = new Guest({
    post: (out, transfer = []) => post(out, transfer),
    load: async (entry) => {
      await checkHooks();
      return await import(entry);
    },
    makeResponse,
  });
  void guest.receive(message);
});
