/**
 * The folders beside a plugin's own that an install works in, all on one file system, so that a rename puts them in place at once.
 *
 * @module
 */
import { basename, dirname, join } from "node:path";

/** Begins their names: no plugins are looked for in them. */
export const WORK_PREFIX = ".stoq-";

/** Begins the name of the old folder of a plugin, while the new one is put in its place. */
export const OLD_PREFIX = `${WORK_PREFIX}old.`;
/** The same of the new folder, until it is complete. */
const NEW_PREFIX = `${WORK_PREFIX}new.`;
/** The same of a folder that is being removed. */
const GONE_PREFIX = `${WORK_PREFIX}gone.`;

/** Where the old folder of a plugin is while the new one is put in its place. */
export function oldFolder(directory: string): string {
  return beside(directory, OLD_PREFIX);
}

/** Where the new folder of a plugin is until it is complete. */
export function newFolder(directory: string): string {
  return beside(directory, NEW_PREFIX);
}

/** Where the folder of a plugin is while it is removed. */
export function goneFolder(directory: string): string {
  return beside(directory, GONE_PREFIX);
}

/** Whether a name is that of a folder that an install works in. */
export function isWorkName(name: string): boolean {
  return [OLD_PREFIX, NEW_PREFIX, GONE_PREFIX].some((prefix) => name.startsWith(prefix) && name.length > prefix.length);
}

function beside(directory: string, prefix: string): string {
  return join(dirname(directory), prefix + basename(directory));
}
