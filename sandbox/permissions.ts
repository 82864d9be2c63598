import type { PluginSpec } from "./sandbox.ts";

/**
 * The permissions of a plugin's worker, as Deno takes them. Every kind is given: a kind left out of `deno.permissions` is
 * denied, but the whole left out would inherit everything.
 *
 * `read` also covers the folder that the code is in, without which it could not be loaded. `ffi` and `import` are never
 * granted: native code has no sandbox, and code comes from the plugin's own folder.
 */
export function workerPermissions(
  { permissions, code }: Pick<PluginSpec, "permissions" | "code">,
): Deno.PermissionOptionsObject {
  const { net, read, write, run, env, sys } = permissions;
  const list = (value: readonly string[] | boolean): string[] | boolean =>
    typeof value === "boolean" ? value : value.length > 0 ? [...value] : false;
  return {
    net: list(net),
    read: read === true ? true : list([...(read === false ? [] : read), ...code]),
    write: list(write),
    run: list(run),
    env: list(env),
    sys: list(sys) as NonNullable<Deno.PermissionOptionsObject["sys"]>,
    ffi: false,
    import: false,
  };
}
