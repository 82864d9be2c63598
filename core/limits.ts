/** Limits where neither the manifest nor stoq.cfg says otherwise: seconds, MiB. */
export const DEFAULT_LIMITS = { timeout: 60, memory: 1024, isolation: "shared" } as const;

/** Most files in the folder of a plugin. */
export const MAX_FOLDER_ENTRIES = 10_000;
