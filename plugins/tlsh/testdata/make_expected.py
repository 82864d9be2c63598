"""Writes expected.json: what Debian's tlsh says of the samples, whole, cut and repeated. Each entry: file, bytes, digest."""
import itertools, json, os, re, subprocess, tempfile

# Version 3.4.4 wants 256 bytes; lengths on both sides of steps of the length value, the last ones above a million.
SIZES = [256, 257, 291, 292, 437, 438, 656, 657, 854, 855, 1110, 1111, 2439, 2440, 3171, 3172, 3199, 3200, 3475, 3476,
         4096, 10907, 10908, 34233, 34234, None, 88793, 88794, 1058252, 1058253, 1_200_000]
here = os.path.dirname(os.path.abspath(__file__))
entries = []
for name in ["cat.elf", "GPL-3.txt", "zeros"]:
    sample = bytes(4096) if name == "zeros" else open(os.path.join(here, name), "rb").read()
    for size in SIZES:
        size = len(sample) if size is None else size
        content = bytes(itertools.islice(itertools.cycle(sample), size))
        with tempfile.NamedTemporaryFile() as file:
            file.write(content); file.flush()
            text = subprocess.run(["tlsh", "-f", file.name], capture_output=True, text=True).stdout.split("\t")[0]
        digest = text if re.fullmatch("[0-9A-F]{70}", text) else None
        entries.append({"sample": name, "bytes": size, "tlsh": digest})
with open(os.path.join(here, "expected.json"), "w") as file:
    file.write("[\n" + ",\n".join("  " + json.dumps(entry) for entry in entries) + "\n]\n")
