"""What LLVM's tools say of the files of this folder, as JSON: /usr/bin/python3 macho_dump.py > llvm.json"""
import hashlib, json, os, re, subprocess, tempfile

LLVM = "/usr/lib/llvm-14/bin/"

def run(*args):
    return subprocess.run([LLVM + args[0], *args[1:]], capture_output=True, text=True).stdout.splitlines()

def number(text):
    return int(text, 16 if text.startswith("0x") else 10)

def thin(name, arch):
    r = {"segments": [], "sections": [], "dylibs": [], "commands": []}
    h = run("llvm-otool", "-h", name)[-1].split()
    r["header"] = [int(h[1]) & 0xffffffff, int(h[2]), int(h[4]), int(h[5]), int(h[6]), int(h[7], 16)]
    kind = None
    for line in run("llvm-otool", "-l", name):
        key, _, value = line.strip().partition(" ")
        value = value.strip()
        if line.startswith("Load command"): kind = "command"
        elif line.strip() == "Section": kind, fields = "section", {}
        elif key == "cmd": r["commands"].append(value); fields = {}
        fields_of = locals().get("fields")
        if fields_of is None: continue
        fields[key] = value
        if key == "flags" and kind == "command" and "nsects" in fields:
            r["segments"].append([fields["segname"]] + [number(fields[k]) for k in ("vmaddr", "vmsize", "fileoff", "filesize", "maxprot", "initprot", "nsects", "flags")])
        if key == "flags" and kind == "section":
            fields["align"] = re.search(r"2\^(\d+)", fields["align"])[1]
            r["sections"].append([fields["sectname"], fields["segname"]] + [number(fields[k]) for k in ("addr", "size", "offset", "align", "reloff", "nreloc", "flags")])
        if key == "compatibility": r["dylibs"].append([fields["name"].rsplit(" (", 1)[0], fields["current"].split()[-1], value.split()[-1]])
        if key == "uuid": r["uuid"] = value.replace("-", "").lower()
        if key == "entryoff": r["entryoff"] = number(value)
        if key == "minos": r["minos"] = value
        if key == "sdk": r["sdk"] = value
        if key == "path": r["rpath"] = value.rsplit(" (", 1)[0]
    symbols = []
    for line in run("llvm-readobj", "--symbols", name):
        m = re.match(r"    Name: (.*) \(\d+\)$", line)
        if m: symbols.append([m[1]])
        m = re.match(r"    Value: (\S+)$", line)
        if m: symbols[-1].append(int(m[1], 16))
    r["symbols"] = symbols
    r["undefined"] = sorted(run("llvm-nm", "-u", "-g", "-j", name))
    r["symhash"] = hashlib.md5(",".join(r["undefined"]).encode()).hexdigest()
    r["exports"] = sorted([m[2], int(m[1], 16)] for m in (re.match(r"0x(\w+) +(\S+)", l) for l in run("llvm-objdump", "--macho", "--exports-trie", name)) if m)
    section, relocations = None, []
    for line in run("llvm-readobj", "--relocations", name):
        m = re.match(r"  Section (\S+) \{", line)
        if m: section = m[1]
        m = re.match(r"    0x(\w+) (\d) (\d) (\S+) (\S+) (\d) (\S+)$", line)
        if m: relocations.append([section, int(m[1], 16), int(m[2]), int(m[3]), m[7]])
    r["relocations"] = relocations
    return r

result = {}
for name in ("fsevents.node", "universal", "universal.o"):
    archs = run("llvm-lipo", "-archs", name)[0].split()
    for arch in archs:
        with tempfile.NamedTemporaryFile() as slice:
            run("llvm-lipo", name, "-thin", arch, "-output", slice.name)
            result[name + " " + arch] = thin(slice.name, arch)
print(json.dumps(result, separators=(",", ":")))
