/**
 * MacroRaptor's three questions about VBA source: does it start by itself, does it write, does it execute?
 *
 * The keywords are those of mraptor 0.56.2 in oletools. The two rules that look at a whole line are code and not a
 * regular expression, because `Open[^\n]+Write` takes quadratic time on a line of many `Open`.
 *
 * @module
 */

/** Names of procedures that Office calls by itself; the last alternative is events of ActiveX controls. */
const AUTO_EXEC = new RegExp(
  String.raw`(?<![\p{L}\p{N}_])(?:` +
    "Auto(?:Exec|_?Open|_?Close|Exit|New)" +
    "|Document(?:_?Open|_Close|_?BeforeClose|Change|_New)" +
    "|NewDocument" +
    "|Workbook(?:_Open|_Activate|_Close|_BeforeClose)" +
    String.raw`|[\p{L}\p{N}_]+_(?:Painted|Painting|GotFocus|LostFocus|MouseHover|Layout|Click|Change|Resize` +
    "|BeforeNavigate2|BeforeScriptExecute|DocumentComplete|DownloadBegin|DownloadComplete|FileDownload" +
    "|NavigateComplete2|NavigateError|ProgressChange|PropertyChange|SetSecureLockIcon|StatusTextChange" +
    String.raw`|TitleChange|MouseMove|MouseEnter|MouseLeave|OnConnecting))(?![\p{L}\p{N}_])`,
  "iu",
);
const WRITE =
  /\b(?:FileCopy|CopyFile|Kill|CreateTextFile|VirtualAlloc|RtlMoveMemory|URLDownloadToFileA?|AltStartupPath|WriteProcessMemory|ADODB\.Stream|WriteText|SaveToFile|SaveAs|SaveAsRTF|FileSaveAs|MkDir|RmDir|SaveSetting|SetAttr)\b/i;
const EXECUTE =
  /\b(?:Shell|CreateObject|GetObject|SendKeys|RUN|CALL|MacScript|FollowHyperlink|CreateThread|ShellExecuteA?|ExecuteExcel4Macro|EXEC|REGISTER|SetTimer)\b/i;
/** Open statement for writing, MS-VBAL 5.4.5.1. */
const OPEN = { first: /\bOpen\b/i, second: /\b(?:Write|Append|Binary|Output|Random)\b/gi };
/** Declaration of an external procedure, MS-VBAL 5.2.3.5. */
const DECLARE_LIB = { first: /\bDeclare\b/i, second: /\bLib\b/gi };
/** Longest match that is reported: a line can have megabytes. */
const MAX_MATCH = 256;

/** What the rules found; null where nothing matched. */
export interface MacroRisk {
  autoExec: string | null;
  write: string | null;
  execute: string | null;
  /** It starts by itself, and it writes or executes. */
  suspicious: boolean;
}

/** Applies the rules to the source of all modules. */
export function assess(source: string): MacroRisk {
  // A line that ends in " _" goes on in the next, MS-VBAL 3.2.2.
  const code = source.replace(/ _(?:\r\n|\r|\n)/g, " ");
  const autoExec = word(code, AUTO_EXEC)?.text ?? null;
  const write = firstOf(word(code, WRITE), line(code, OPEN));
  const execute = firstOf(word(code, EXECUTE), line(code, DECLARE_LIB));
  return { autoExec, write, execute, suspicious: autoExec !== null && (write !== null || execute !== null) };
}

interface Match {
  readonly at: number;
  readonly text: string;
}

function word(code: string, pattern: RegExp): Match | undefined {
  const match = pattern.exec(code);
  return match ? { at: match.index, text: match[0].slice(0, MAX_MATCH) } : undefined;
}

/** The first line with the first word, something, and the second; the match ends at the last second word. */
function line(code: string, words: { first: RegExp; second: RegExp }): Match | undefined {
  for (let start = 0; start < code.length;) {
    const newline = code.indexOf("\n", start);
    const end = newline < 0 ? code.length : newline;
    const text = code.slice(start, end);
    const first = words.first.exec(text);
    if (first) {
      const from = first.index + first[0].length + 1;
      const last = [...text.slice(from).matchAll(words.second)].at(-1);
      if (last) {
        const match = text.slice(first.index, from + last.index + last[0].length);
        return { at: start + first.index, text: match.slice(0, MAX_MATCH) };
      }
    }
    start = end + 1;
  }
  return undefined;
}

function firstOf(a: Match | undefined, b: Match | undefined): string | null {
  if (a && b) return a.at <= b.at ? a.text : b.text;
  return (a ?? b)?.text ?? null;
}
