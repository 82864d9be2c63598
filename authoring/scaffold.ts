import { mkdir, readFile, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { StoqPluginError } from "../core/errors.ts";
import { PLUGIN_CLASSES, type PluginClass, pluginNameFault } from "../core/manifest.ts";
import { VERSION } from "../core/version.ts";
import { BUILTIN_PLUGINS } from "../plugins/builtin.ts";
import { reason } from "./folder.ts";
import { TEMPLATES } from "./templates.ts";

/** Names that Windows does not take for a folder, of those that a plugin can have; archives with them are refused. */
const NOT_A_FOLDER = /\.$|^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)/i;

/** Whether text names a plugin class. */
export function isPluginClass(text: string): text is PluginClass {
  return Object.hasOwn(PLUGIN_CLASSES, text);
}

/** Why a new plugin cannot be called so, as a line; null if it can. */
export function newNameFault(name: string): string | null {
  const fault = pluginNameFault(name);
  if (fault !== null) return `Name "${name}" ${fault}`;
  if (BUILTIN_PLUGINS.includes(name)) {
    return `Name "${name}" is that of a built-in plugin, which the new one would replace: choose another`;
  }
  // The module would be a test, and be left out of archives.
  if (/(^|[_.])test$/i.test(name)) return `Name "${name}" is one that "deno test" takes for a test: choose another`;
  // A dot at the end, the names of devices.
  return NOT_A_FOLDER.test(name) ? `Name "${name}" cannot be that of a folder everywhere: choose another` : null;
}

/**
 * The folder of this project, if what runs is a checkout; null for the published package and for the single-file command, which have
 * no files that a plugin's test could import.
 */
export function checkout(here: string = import.meta.url, standalone: boolean = Deno.build.standalone): string | null {
  if (standalone || !here.startsWith("file:")) return null;
  const files = ["deno.json", "plugin.ts", "testing.ts"].map((file) => new URL(`../${file}`, here));
  return files.every((file) => existsSync(file)) ? new URL("..", here).href.replace(/\/$/, "") : null;
}

/**
 * Writes the folder of a new plugin.
 *
 * @param parent Folder that the new one is made in; made if need be.
 * @returns Path of the new folder.
 * @throws {StoqPluginError} If there is something of that name, or it cannot be written.
 */
export async function writeNewPlugin(name: string, pluginClass: PluginClass, parent: string): Promise<string> {
  const folder = join(parent, name);
  if (existsSync(folder)) {
    throw new StoqPluginError(`Cannot make "${folder}": it exists: choose another name, or --dir another folder`);
  }
  try {
    await mkdir(folder, { recursive: true });
    for (const [file, content] of await newPlugin(name, pluginClass, checkout())) {
      await writeFile(join(folder, file), content);
    }
  } catch (error) {
    throw new StoqPluginError(`Cannot make "${folder}": ${reason(error)}`, { cause: error });
  }
  return folder;
}

/**
 * The files of a new plugin.
 *
 * @param from URL of the checkout that the plugin's tests use, or null for the published package.
 */
export async function newPlugin(
  name: string,
  pluginClass: PluginClass,
  from: string | null,
): Promise<Map<string, string>> {
  const template = TEMPLATES[pluginClass];
  const { module, className } = namesIn(name);
  const files = new Map([
    [
      `${name}.stoq`,
      `[Core]
Name = ${name}
Module = ${module}
Classes = ${pluginClass}

[Documentation]
Author =
Version = 0.1.0
Website =
Description = ${template.description}

[options]
min_stoq_version = ${VERSION}
${template.options}

[permissions]
${template.permissions}
`,
    ],
    [`${module}.ts`, template.module(className)],
    [
      `${module}_test.ts`,
      `import assert from "node:assert/strict";
import { openPlugin } from "@stoq/cli/testing";

/** The plugin runs in its real sandbox, with what its manifest asks for and nothing else. */
const FOLDER = new URL("./", import.meta.url);

${template.test}`,
    ],
    ["deno.json", denoJson(from)],
    ["README.md", readme(name, module, template.description, template.use(name), from)],
  ]);
  const lock = from === null ? null : await lockOf(from);
  if (lock !== null) files.set("deno.lock", lock);
  return files;
}

/** What a plugin is called in code, where a name may have fewer characters, and may not begin with a digit. */
function namesIn(name: string): { module: string; className: string } {
  const module = name.replace(/[^A-Za-z0-9_]/g, "_");
  const words = module.split("_").filter((word) => word !== "");
  const pascal = words.map((word) => word[0]!.toUpperCase() + word.slice(1)).join("");
  // As a suffix, so that neither is a word of the language or a global.
  return { module, className: /^\d/.test(pascal) ? `Plugin${pascal}` : `${pascal}Plugin` };
}

const MAJOR = VERSION.split(".")[0];

/** Where the plugin's imports lead: to the published package, which for a checkout is the one that the checkout has. */
function denoJson(from: string | null): string {
  const imports = Object.fromEntries(
    ["plugin", "testing"].map((part) => [`@stoq/cli/${part}`, `jsr:@stoq/cli@^${MAJOR}/${part}`]),
  );
  return JSON.stringify({ imports, ...(from !== null && { links: [from] }) }, null, 2) + "\n";
}

/**
 * A lock file with the versions that the checkout has, in the form in which Deno would write it: so Deno need not ask the registry
 * for what is there. Null where the checkout's cannot be used: Deno then makes one itself.
 */
async function lockOf(from: string): Promise<string | null> {
  try {
    const lock = JSON.parse(await readFile(fileURLToPath(`${from}/deno.lock`), "utf8"));
    const dependencies = [`jsr:@stoq/cli@${MAJOR}`];
    const links = { [`jsr:@stoq/cli@${VERSION}`]: { dependencies: lock.workspace.dependencies } };
    return JSON.stringify({ ...lock, workspace: { dependencies, links } }, null, 2) + "\n";
  } catch {
    return null;
  }
}

function readme(name: string, module: string, description: string, use: string, from: string | null): string {
  const resolution = from === null
    ? `\`@stoq/cli/plugin\` (types) and \`@stoq/cli/testing\` come from JSR, as \`deno.json\` says.`
    : `\`deno.json\` says where \`@stoq/cli/plugin\` (types) and \`@stoq/cli/testing\` come from: \`imports\` names the published package, and
\`links\` puts the checkout in its place that made this folder. Delete the line \`links\` to use the published one, or name another
checkout there.`;
  return `# ${name}

${description}.

| file | what it is |
|---|---|
| \`${name}.stoq\` | the manifest: name, options, and all that the plugin may do |
| \`${module}.ts\` | the plugin: a class with the methods of its plugin class |
| \`${module}_test.ts\` | its tests, which run it in its real sandbox |
| \`deno.json\`, \`deno.lock\` | for tests and bundling; not part of what is installed |

From this folder:

\`\`\`sh
stoq test .                                  # check the manifest, load the plugin, run the tests
stoq ${use} --plugin-dir .
stoq pack .                                  # one archive to hand on
\`\`\`

\`stoq test\` runs the plugin in its sandbox, but \`${module}_test.ts\` as an ordinary program.

${resolution}

The plugin may import files of this folder and modules of Node.js that compute (\`node:crypto\`, \`node:zlib\` …). npm packages work too:
\`deno add npm:NAME\`; \`stoq test\` and \`stoq pack\` put them into the module, since a sandbox loads nothing from elsewhere. Other files that
it needs while it runs: \`await context.asset("file")\`.
`;
}
