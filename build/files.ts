import type { EmbeddedFiles } from "../sandbox/embedded.ts";

/** What is embedded: nothing here, since build.ts writes a file of this name where it bundles. */
export const files: EmbeddedFiles = {};
