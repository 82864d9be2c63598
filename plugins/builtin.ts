/** The built-in plugins, in the order in which `stoq list` shows them. Each is a folder beside this file. */
export const BUILTIN_PLUGINS: readonly string[] = [
  "triage",
  "hash",
  "entropy",
  "mimetype",
  "yara",
  "exif",
  "pecarve",
  "decompress",
  "ole",
  "mraptor",
  "rtf",
  "msoffice",
  "filedir",
  "stdout",
];
