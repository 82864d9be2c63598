/** Labels that promise 7 bits: what has 8 all the same is decoded as {@linkcode guessCharset} finds. */
const SEVEN_BIT =
  /^(?:us-?ascii|ascii|ansi_x3\.4-19(?:68|86)|unknown-?8bit|x-unknown|default(?:_charset)?|8bit|binary)$/;

/** Charsets of mail that the Encoding Standard doesn't know under that name. */
const ALIASES = new Map([
  ["cp932", "shift_jis"],
  ["cp936", "gbk"],
  ["cp949", "euc-kr"],
  ["cp950", "big5"],
  ["iso-2022-jp-1", "iso-2022-jp"],
  ["iso-2022-jp-ms", "iso-2022-jp"],
  ["utf-8mb4", "utf-8"],
]);

/** The text of `bytes` in the charset of that name; an unknown or missing name is replaced by what fits. Never throws. */
export function decodeCharset(bytes: Uint8Array, label: string | null): string {
  const name = (label ?? "").trim().toLowerCase();
  if (name === "utf-7" || name === "unicode-1-1-utf-7") return decodeUtf7(bytes);
  if (name === "" || SEVEN_BIT.test(name)) return guessCharset(bytes);
  try {
    return new TextDecoder(ALIASES.get(name) ?? name.replace(/^cp-?(125\d|866)$/, "windows-$1")).decode(bytes);
  } catch {
    return guessCharset(bytes);
  }
}

/** UTF-8 when that is what it is, else windows-1252, which gives a character for every byte. */
export function guessCharset(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("windows-1252").decode(bytes);
  }
}

/** UTF-7 (RFC 2152): base64 of UTF-16 between `+` and whatever is not base64. */
function decodeUtf7(bytes: Uint8Array): string {
  return guessCharset(bytes).replace(/\+([A-Za-z0-9+/]*)-?/g, (_, encoded: string) => {
    if (encoded === "") return "+";
    const binary = atob(encoded.slice(0, encoded.length - (encoded.length % 4 === 1 ? 1 : 0)));
    let text = "";
    for (let i = 0; i + 1 < binary.length; i += 2) {
      text += String.fromCharCode(binary.charCodeAt(i) << 8 | binary.charCodeAt(i + 1));
    }
    return text;
  });
}
