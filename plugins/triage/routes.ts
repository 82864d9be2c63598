/**
 * Which plugins know which type of payload: the whole of what triage decides, as data.
 *
 * @module
 */

/** Plugins for every payload, whatever it is. */
export const ALWAYS = ["hash", "entropy", "mimetype", "yara", "hash_ssdeep", "tlsh"] as const;

/** Plugins by what a payload is, or has in it. They are named in this order. */
export const ROUTES = {
  // Programs
  pe: ["peinfo", "exif"],
  dos: ["exif"],
  elf: ["lief"],
  macho: ["lief", "symhash"],
  javaclass: ["javaclass"],
  swf: ["swfcarve", "exif"],
  shortcut: ["exif", "iocextract"],
  // Documents
  ole: ["ole", "mraptor", "exif", "swfcarve"],
  msg: ["msg", "ole", "exif"],
  msi: ["decompress", "ole", "exif"],
  ooxml: ["msoffice", "mraptor", "decompress", "exif", "xyz"],
  odf: ["msoffice", "mraptor", "decompress", "exif", "xyz"],
  rtf: ["rtf", "exif", "iocextract"],
  pdf: ["pdf", "exif", "iocextract"],
  onenote: ["iocextract"],
  office_xml: ["mraptor", "iocextract", "b64decode"],
  xdp: ["xdpcarve", "iocextract", "b64decode"],
  // Mail
  email: ["smtp", "iocextract"],
  tnef: ["tnef"],
  // Containers
  zip: ["decompress", "xyz"],
  jar: ["decompress", "xyz"],
  archive: ["decompress"],
  // Media
  image: ["exif"],
  audio: ["exif"],
  video: ["exif"],
  // Text
  html: ["iocextract", "b64decode"],
  xml: ["iocextract", "b64decode"],
  text: ["iocextract", "b64decode"],
  // Found inside something else
  embedded_pe: ["pecarve"],
  // Nothing that is known
  data: ["xorsearch", "swfcarve"],
  empty: [],
} as const satisfies Record<string, readonly string[]>;

/** A type that triage knows. */
export type FileType = keyof typeof ROUTES;

/** Every plugin that a route names. */
export const ROUTED_PLUGINS: readonly string[] = [...new Set<string>([...ALWAYS, ...Object.values(ROUTES).flat()])];

/** The plugins for a payload of these types, in a fixed order, each once. */
export function route(types: readonly FileType[]): string[] {
  return [...new Set<string>([...ALWAYS, ...types.flatMap((type): readonly string[] => ROUTES[type])])];
}
