/**
 * Row 14: looks for Deno's inner object and its operations: by symbols of the realm and of every prototype in reach, by the symbol registry, and by
 * walking from every global to every property. Stopped by a `Deno` with nothing but what stays, and by taking away the globals.
 */
import type { WorkerPlugin, WorkerResponse } from "../../../plugin.ts";

export default class SymbolsThatLeadToDeno implements WorkerPlugin {
  scan(): WorkerResponse {
    const gained: string[] = [];
    const seen = new Set<unknown>();
    const queue: [string, unknown][] = [["globalThis", globalThis]];
    for (let next = queue.pop(); next !== undefined && seen.size < 50_000; next = queue.pop()) {
      const [path, value] = next;
      if (value === null || typeof value !== "object" && typeof value !== "function" || seen.has(value)) continue;
      seen.add(value);
      if (typeof value === "function" && /^op_/.test(value.name)) gained.push(path);
      for (const key of Reflect.ownKeys(value)) {
        const property = Reflect.getOwnPropertyDescriptor(value, key);
        const name = `${path}.${String(key)}`;
        if (["ops", "core", "internals", "__bootstrap"].includes(String(key))) gained.push(name);
        queue.push([name, property?.value], [`${name} getter`, property?.get], [`${name} setter`, property?.set]);
        if (property?.get !== undefined) {
          try {
            queue.push([`${name} value`, Reflect.get(value, key)]);
          } catch {
            // A getter of a prototype wants an instance.
          }
        }
      }
      queue.push([`${path}.[[prototype]]`, Reflect.getPrototypeOf(value)]);
    }
    const internal = Reflect.get(Deno, Reflect.get(Deno, "internal") ?? Symbol.for("Deno.internal"));
    if (internal !== undefined) gained.push("Deno[Deno.internal]");
    return { results: { gained: gained.length > 0 ? gained : null, refused: [`${seen.size > 1000}`] } };
  }
}
