"""Writes expected.json: what tools that have no code in common with 7-Zip's WebAssembly build get out of these archives."""
import hashlib, json, os, shutil, subprocess, tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
BSDTAR = "bsdtar -xf {file}"
COMMANDS = {
    "tree.zip": "unzip -q {file}",
    "tree-zipcrypto.zip": "unzip -q -P infected {file}",
    "tree-aes.zip": "bsdtar -xf {file} --passphrase password",
    "clam.impl.zip": "unzip -q {file}",
    "clam.d64.zip": "7z x -bd {file}",
    "clam.bz2.zip": "unzip -q {file}",
    "tree.7z": BSDTAR,
    "clam.7z": BSDTAR,
    "tree-encrypted.7z": "7z x -bd -pinfected {file}",
    "tree-encrypted-header.7z": "7z x -bd -pinfected {file}",
    "tree.tar": "tar -xf {file}",
    "links.tar": "tar -xf {file}",
    "tree.cpio": "cpio --quiet -idmI {file}",
    "clam.bin-be.cpio": BSDTAR,
    "tree.a": "ar x {file}",
    "tree.deb": "ar x {file}",
    "tree.xar": BSDTAR,
    "tree.lzh": "lha xq {file}",
    "tree.wim": "7z x -bd {file}",
    "tree.squashfs": "unsquashfs -q -n -d . -f {file}",
    "tree.iso.gz": "gzip -dc {file} > .i; bsdtar -xf .i; rm .i",
    "tree-udf.iso.gz": "gzip -dc {file} > .i; bsdtar -xf .i; rm .i",
    "tree.cab": "cabextract -q {file}",
    "clam.cab": "cabextract -q {file}",
    "clam.chm": "7z x -bd {file}",
    "clam.arj": "arj x -y -i {file}",
    "clam-nsis.exe": "7z x -bd {file}",
    "unrar-js.rar": BSDTAR,
    "unicode.rar": BSDTAR,
    "stored.rar": BSDTAR,
    "named.gz": "gzip -dc {file} > numbers.txt",
    "tree.tar.gz": "gzip -dc {file} > tree.tar",
    "tree.tar.bz2": "bzip2 -dc {file} > tree.tar",
    "tree.tar.xz": "xz -dc {file} > tree.tar",
    "tree.tar.zst": "zstd -qdc {file} > tree.tar",
    "tree.tar.lzma": "xz -dc --format=lzma {file} > tree.tar",
    "tree.tar.Z": "uncompress -c {file} > tree.tar",
    "clam.exe.bz2": "bzip2 -dc {file} > clam.exe",
    "tree.rpm": "rpm2cpio {file} > tree-1-1.noarch.cpio",
}

expected = {}
for name, command in COMMANDS.items():
    folder = tempfile.mkdtemp()
    done = subprocess.run(command.format(file=os.path.join(HERE, name)), shell=True, cwd=folder, capture_output=True,
                          env={**os.environ, "LC_ALL": "C.UTF-8", "TZ": "UTC"})
    members = {}
    for root, _, files in os.walk(folder):
        for file in files:
            path = os.path.join(root, file)
            if os.path.islink(path):
                continue
            content = open(path, "rb").read()
            members[os.path.relpath(path, folder)] = [len(content), hashlib.sha256(content).hexdigest()]
    shutil.rmtree(folder)
    if not members:
        print(name, done.returncode, done.stdout[-300:], done.stderr[-300:])
    expected[name] = {"command": command, "members": dict(sorted(members.items()))}
with open(os.path.join(HERE, "expected.json"), "w") as out:
    json.dump(expected, out, indent=1, ensure_ascii=False)
    out.write("\n")
