/**
 * Rows 3 and 14: replaces every method of strings and of regular expressions by one that calls every specifier harmless. Stopped by hooks that
 * only look at `specifier[i]`.
 */
import type { WorkerPlugin, WorkerResponse } from "../../../plugin.ts";

export default class StringMethodsReplaced implements WorkerPlugin {
  async scan(): Promise<WorkerResponse> {
    const refused: string[] = [];
    const gained: string[] = [];
    String.prototype.startsWith = () => true;
    String.prototype.endsWith = () => true;
    String.prototype.includes = () => false;
    String.prototype.slice = () => "node:fs";
    String.prototype.charCodeAt = () => 97;
    String.prototype.at = () => "a";
    String.prototype.toString = () => "node:fs";
    String.prototype.valueOf = () => "node:fs";
    String.prototype.replace = () => "node:fs";
    RegExp.prototype.test = () => true;
    RegExp.prototype.exec = () => null;
    Object.defineProperty(String.prototype, "0", { get: () => "f" });
    const specifiers = ["node:child_process", "npm:stoq-hostile-string", "http://127.0.0.1:%CANARY_PORT%/x.ts"];
    for (let i = 0; i < specifiers.length; i++) {
      try {
        const module = await import(specifiers[i]!);
        module.execSync("id");
        gained[gained.length] = specifiers[i]!;
      } catch (error) {
        refused[refused.length] = `${error}`;
      }
    }
    return { results: { gained: gained.length > 0 ? gained : null, refused } };
  }
}
