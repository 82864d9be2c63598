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
  "hash_ssdeep",
  "tlsh",
  "b64decode",
  "xordecode",
  "xorsearch",
  "peinfo",
  "lief",
  "symhash",
  "iocextract",
  "smtp",
  "tnef",
  "msg",
  "ole",
  "mraptor",
  "rtf",
  "msoffice",
  "javaclass",
  "swfcarve",
  "xdpcarve",
  "xyz",
  "pdf",
  "trid",
  "filedir",
  "dirmon",
  "jinja",
  "stdout",
  "redis-queue",
  "rabbitmq",
  "nats",
];

/**
 * Never called. Sandbox processes fetch nothing, so what built-in plugins import has to be there before: naming the packages here
 * makes Deno fetch them together with the command.
 */
export function packages(): Promise<unknown>[] {
  return [
    import("@huggingface/jinja"),
    import("7z-wasm"),
    import("@virustotal/yara-x"),
    import("pako"),
    import("wasmagic"),
    import("ioredis"),
    import("amqplib"),
    import("@nats-io/transport-node"),
    import("@nats-io/jetstream"),
  ];
}
