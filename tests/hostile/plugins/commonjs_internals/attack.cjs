// deno-lint-ignore-file
const Module = module.constructor;
const refused = [];
const gained = [];
const changing = () => {
  let times = 0;
  return { toString: () => times++ === 0 ? "fs" : "child_process", startsWith: () => true };
};
const attempts = [
  () => Module._load("child_process").execSync("id"),
  () => Module._load("node:child_process", module, true).execSync("id"),
  () => Module._load(changing()).execSync("id"),
  () => Module._load(new String("node:child_process")).execSync("id"),
  () => new Module("x").require("node:child_process").execSync("id"),
  () => Module.prototype.require.call(module, "node:vm").runInThisContext("1"),
  () => Module.createRequire("/x.js")("node:net").connect(1),
  () => Module._extensions[".json"](module, "%SECRET_FOLDER%/secret.json"),
  () => Module._extensions[".js"](module, "%SECRET_FOLDER%/secret.ts"),
  () => Module._extensions[".node"](module, "/usr/lib/x86_64-linux-gnu/libm.so.6"),
  () => Module.registerHooks({ resolve: () => ({ url: "node:child_process", shortCircuit: true }) }),
  () => require("node:module").registerHooks({ resolve: () => ({ url: "node:child_process", shortCircuit: true }) }),
  () => Module.register("./x.mjs"),
  () => Module.runMain(),
  () => process.getBuiltinModule("node:child_process"),
  () => process.binding("fs"),
  () => process.mainModule.require("node:child_process"),
  () => require.main.require("node:child_process"),
  () => module.parent.require("node:child_process").execSync("id"),
  () => require("./native.node"),
  () => process.dlopen(module, "/usr/lib/x86_64-linux-gnu/libm.so.6"),
];
for (const attempt of attempts) {
  try {
    gained.push(`${attempt} ${String(attempt()).slice(0, 40)}`);
  } catch (error) {
    refused.push(String(error).replaceAll("\n", " "));
  }
}
module.exports = { gained: gained.length > 0 ? gained : null, refused, attempts: attempts.length };
