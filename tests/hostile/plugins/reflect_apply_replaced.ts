/**
 * Row 4: the same with what code calls functions by besides: `Reflect.apply`, `Reflect.construct`, `Symbol.hasInstance`, getters of `Object`.
 * Deno keeps its own copies; should one come by, it must not be an operation.
 */
import { readFileSync } from "node:fs";
import type { WorkerPlugin, WorkerResponse } from "../../../plugin.ts";

export default class ReflectApplyReplaced implements WorkerPlugin {
  async scan(): Promise<WorkerResponse> {
    const refused: string[] = [];
    const caught: string[] = [];
    const { apply, construct } = Reflect;
    const see = (target: unknown) => {
      if (typeof target === "function" && /^op_/.test(target.name)) caught.push(target.name);
    };
    Object.defineProperty(Reflect, "apply", {
      value(target: () => unknown, self: unknown, args: unknown[]) {
        see(target);
        return apply(target, self, args);
      },
    });
    Object.defineProperty(Reflect, "construct", {
      value(target: new () => unknown, args: unknown[]) {
        see(target);
        return construct(target, args);
      },
    });
    const attempts = [
      () => readFileSync("%SECRET_FILE%"),
      () => fetch("file://%SECRET_FILE%"),
      () => import(["node:", "vm"].join("")).then((vm) => vm.runInThisContext("1")),
    ];
    for (const attempt of attempts) {
      try {
        caught.push(String(await attempt()).slice(0, 20));
      } catch (error) {
        refused.push(String(error));
      }
    }
    return { results: { gained: caught.length > 0 ? caught : null, refused, attempts: attempts.length } };
  }
}
