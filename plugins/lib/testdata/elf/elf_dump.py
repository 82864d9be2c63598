"""What readelf says of the files of this folder, as JSON: /usr/bin/python3 elf_dump.py > readelf.json"""
import json, os, re, subprocess

def readelf(option, name):
    return subprocess.run(["readelf", "-W", option, name], capture_output=True, text=True).stdout.splitlines()

def dump(name):
    result = {"segments": [], "sections": [], "needed": [], "symbols": {}, "relocations": []}
    for line in readelf("-h", name):
        key, _, value = line.strip().partition(":")
        if key == "Type": result["type"] = value.split()[0]
        if key == "Entry point address": result["entry"] = int(value, 16)
        if key == "Flags": result["flags"] = int(value.split(",")[0], 16)
        if key == "Number of program headers": result["phnum"] = int(value.split()[0])
        if key == "Number of section headers": result["shnum"] = int(value.split()[0])
    for line in readelf("-l", name):
        m = re.match(r"  (\S+) +0x(\w+) 0x(\w+) 0x(\w+) 0x(\w+) 0x(\w+) ([R ][W ][E ]) (?:0x)?(\w+)$", line)
        if m: result["segments"].append([m[1]] + [int(m[i], 16) for i in range(2, 7)] + [m[7].replace(" ", ""), int(m[8], 16)])
        m = re.search(r"Requesting program interpreter: (.*)\]", line)
        if m: result["interpreter"] = m[1]
    for line in readelf("-S", name):
        m = re.match(r"  \[ *\d+\] (\S*) +(\S+) +([0-9a-f]{8,16}) (\w+) (\w+) (\w+) +\w* +(\d+) +(\d+) +(\d+)$", line)
        if m: result["sections"].append([m[1], m[2]] + [int(m[i], 16) for i in range(3, 7)] + [int(m[i]) for i in range(7, 10)])
    table = None
    for line in readelf("-s", name):
        m = re.match(r"Symbol table '(\S+)'", line)
        if m: table = result["symbols"].setdefault(m[1], [])
        m = re.match(r" +(\d+): ([0-9a-f]+) +(\w+) (\S+) +(\S+) +(\S+) +(?:\[.*\] )?(\S+)(?: (\S+)(?: \(\d+\))?)?$", line)
        if m and m[1] != "0":
            size = int(m[3], 16 if m[3].startswith("0x") else 10)
            table.append([int(m[2], 16), size, m[4], m[5], m[6], m[7], m[8] or ""])
    for line in readelf("-r", name):
        m = re.match(r"([0-9a-f]{8,16}) +([0-9a-f]{8,16}) (R_\S+)(?: +(.*))?$", line)
        if m:
            kind = int(m[2], 16) & (0xffffffff if len(m[1]) == 16 else 0xff)
            symbol = re.match(r"[0-9a-f]{8,16} +(\S+)(?: ([+-]) (\w+))?$", m[4] or "")
            addend = re.match(r"-?[0-9a-f]+$", m[4] or "")
            if symbol: result["relocations"].append([int(m[1], 16), kind, symbol[1].split("@")[0], int((symbol[2] or "") + (symbol[3] or "0"), 16)])
            else: result["relocations"].append([int(m[1], 16), kind, "", int(m[4], 16) if addend else 0])
        m = re.match(r"([0-9a-f]{16})$", line)
        if m: result["relocations"].append([int(m[1], 16), "RELR", "", 0])
    for line in readelf("-d", name):
        m = re.search(r"\((\w+)\) .*\[(.*)\]", line)
        if m: result["needed"].append([m[1], m[2]])
    for line in readelf("-n", name):
        m = re.search(r"Build ID: (\w+)", line)
        if m: result["buildId"] = m[1]
    return result

skip = ("README.md", "elf_dump.py", "readelf.json", "x86_64-no-sections")
print(json.dumps({name: dump(name) for name in sorted(os.listdir(".")) if name not in skip}, separators=(",", ":")))
