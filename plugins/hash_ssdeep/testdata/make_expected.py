"""Writes expected.json: what Debian's ssdeep says of the samples, whole, cut and repeated. Each entry: file, bytes, hash."""
import itertools, json, os, subprocess, tempfile

SIZES = [0, 1, 2, 6, 7, 8, 63, 64, 65, 191, 192, 193, 383, 384, 385, 767, 768, 769, 1535, 1536, 1537, 3071, 3072, 3073,
         4095, 4096, 4097, 6144, 6145, 12288, 12289, 24576, 24577, None, 196608, 196609, 1_200_000]
here = os.path.dirname(os.path.abspath(__file__))
entries = []
for name in ["cat.elf", "GPL-3.txt", "zeros", "tail"]:
    # zeros: one piece that never ends. tail: a signature that is full before its last byte, and a rolling hash of zero.
    if name == "zeros": sample = bytes(4096)
    elif name == "tail": sample = open(os.path.join(here, "cat.elf"), "rb").read()[:20000] + bytes(20)
    else: sample = open(os.path.join(here, name), "rb").read()
    for size in SIZES:
        size = len(sample) if size is None else size
        content = bytes(itertools.islice(itertools.cycle(sample), size))
        with tempfile.NamedTemporaryFile() as file:
            file.write(content); file.flush()
            line = subprocess.run(["ssdeep", "-s", file.name], capture_output=True, text=True).stdout.splitlines()[1]
        entries.append({"sample": name, "bytes": size, "ssdeep": line.split(",")[0]})
with open(os.path.join(here, "expected.json"), "w") as file:
    file.write("[\n" + ",\n".join("  " + json.dumps(entry) for entry in entries) + "\n]\n")
