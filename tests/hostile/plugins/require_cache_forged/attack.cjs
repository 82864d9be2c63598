// deno-lint-ignore-file
const Module = module.constructor;
const refused = [];
const gained = [];
const isReal = (name, value) => {
  if (typeof value === "function" && !/is not available/.test(String(value)) && value.name !== "") gained.push(name);
};
try {
  Module._pathCache["child_process\u0000"] = "node:child_process";
  Module._pathCache["node:fs\u0000"] = "node:child_process";
  require.cache["/fs"] = { exports: null, loaded: true, children: [], filename: "node:child_process" };
  Module._findPath = () => "node:child_process";
  Module._resolveLookupPaths = () => ["node:"];
  Module._nodeModulePaths = () => ["node:"];
  Module._stat = () => 0;
  isReal("bare", require("fs").execSync);
  isReal("relative", require("./child_process.js").execSync);
} catch (error) {
  refused.push(String(error).replaceAll("\n", " "));
}
try {
  isReal("unknown", require("stoq_hostile_unknown").execSync);
} catch (error) {
  refused.push(String(error).replaceAll("\n", " "));
}
try {
  Module.builtinModules.push("stoq_hostile");
  Module.isBuiltin = () => true;
  Module.wrapper[0] = "(function (exports, require, module) { globalThis.wrapped = arguments;";
  isReal("process", globalThis.wrapped?.[4]?.dlopen);
} catch (error) {
  refused.push(String(error).replaceAll("\n", " "));
}
module.exports = { gained: gained.length > 0 ? gained : null, refused };
