"""Writes stored.rar: a RAR 5.0 archive with two stored files (RAR 5.0 archive format, "General archive block format")."""
import os, struct, zlib

def vint(n):
    out = bytearray()
    while n > 127:
        out.append(n & 127 | 128)
        n >>= 7
    return bytes(out + bytes([n]))

def block(fields, data=b""):
    body = vint(len(fields)) + fields
    return struct.pack("<I", zlib.crc32(body)) + body + data

def stored(name, data):
    name = name.encode()
    # Type 2 (file), flags 2 (data area), its size; file flags 2 + 4 (time, CRC), size, attributes, time, CRC, method 0, Unix, name.
    fields = (vint(2) + vint(2) + vint(len(data)) + vint(6) + vint(len(data)) + vint(0o100644) +
              struct.pack("<II", 1709210096, zlib.crc32(data)) + vint(0) + vint(1) + vint(len(name)) + name)
    return block(fields, data)

rar = (b"Rar!\x1a\x07\x01\x00" + block(vint(1) + vint(0) + vint(0)) + stored("näme/hello.txt", b"hello, archive\n") +
       stored("two.bin", bytes(range(256))) + block(vint(5) + vint(0) + vint(0)))
open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "stored.rar"), "wb").write(rar)
