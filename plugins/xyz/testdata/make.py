"""Writes levels.zip, zip64.zip, prefixed.zip, renamed.zip and cut.zip, then expected.json: what Python says of all archives."""
import glob
import json
import zipfile
import zlib

TEXT = "".join(f"{i * i % 9973} " for i in range(4000)).encode()
DATE = (2024, 1, 2, 3, 4, 6)


def add(archive, name, data, **more):
    info = zipfile.ZipInfo(name, DATE)
    info.compress_type = more.pop("method", zipfile.ZIP_DEFLATED)
    info.external_attr = more.pop("mode", 0o100644) << 16
    info.comment = more.pop("comment", b"")
    archive.writestr(info, data, **more)


with zipfile.ZipFile("levels.zip", "w") as archive:
    for level in range(10):
        add(archive, f"level{level}.txt", TEXT, compresslevel=level, comment=b"level %d" % level)
    add(archive, "stored.txt", b"stored", method=zipfile.ZIP_STORED)
    add(archive, "b.bz2", TEXT, method=zipfile.ZIP_BZIP2)
    add(archive, "l.lzma", TEXT, method=zipfile.ZIP_LZMA)
    add(archive, "ü.txt", b"utf8")
    add(archive, "link", b"target", mode=0o120777)
with zipfile.ZipFile("zip64.zip", "w") as archive:
    with archive.open(zipfile.ZipInfo("big.txt", DATE), "w", force_zip64=True) as file:
        file.write(b"zip64 " * 10)
with open("prefixed.zip", "wb") as out:
    out.write(b"MZ" + b"\0" * 98)
    out.write(open("unix.zip", "rb").read())
data = bytearray(open("unix.zip", "rb").read())
data[30:35] = b"b.exe"  # the name in the local header
data[14] ^= 255  # and its CRC
open("renamed.zip", "wb").write(data)
open("cut.zip", "wb").write(open("unix.zip", "rb").read()[:-100])


def level(content, packed):
    """The highest level whose data is not shorter, and the lowest that gives the same."""
    def again(number):
        engine = zlib.compressobj(number, zlib.DEFLATED, -15)
        return engine.compress(content) + engine.flush()
    highest = next((number for number in range(9, -1, -1) if len(again(number)) >= len(packed)), 0)
    lowest = highest
    while lowest > 0 and again(lowest - 1) == again(highest):
        lowest -= 1
    return [highest, lowest, len(again(highest)), again(highest) == packed]


expected = {}
for name in sorted(glob.glob("*.zip")):
    if name == "cut.zip":
        continue
    raw = open(name, "rb").read()
    with zipfile.ZipFile(name) as archive:
        members = []
        for info in archive.infolist():
            offset = info.header_offset
            at = offset + 30 + int.from_bytes(raw[offset + 26:offset + 28], "little") + int.from_bytes(raw[offset + 28:offset + 30], "little")
            packed = raw[at:at + info.compress_size]
            member = {
                "filename": info.filename, "create_ver": info.create_version, "create_sys_raw": info.create_system,
                "extract_ver": info.extract_version, "flags_raw": info.flag_bits, "method_raw": info.compress_type,
                "date": "%04d-%02d-%02d" % info.date_time[:3], "time": "%02d:%02d:%02d" % info.date_time[3:],
                "crc_raw": info.CRC, "c_size": info.compress_size, "u_size": info.file_size, "volume": info.volume,
                "int_attr_raw": info.internal_attr, "ext_attr_raw": info.external_attr, "extra": info.extra.hex(),
                "comment": info.comment.decode(), "l_offset": info.header_offset, "l_data_offset": at,
            }
            if info.compress_type in (0, 8) and not info.flag_bits & 1:
                content = packed if info.compress_type == 0 else zlib.decompress(packed, -15)
                member["decompress_size"] = len(content)
                member["decompress_crc"] = zlib.crc32(content)
                if info.compress_type == 8:
                    member["level"] = level(content, packed)
            members.append(member)
        expected[name] = {"comment": archive.comment.decode(), "dir_offset": archive.start_dir, "files": members}
with open("expected.json", "w") as out:
    json.dump(expected, out, indent=1, ensure_ascii=False)
    out.write("\n")
