"""Writes lzma.swf, lzma-eos.swf and plain.swf from ZeroClipboard.swf, and expected.json, with Python's zlib and lzma."""
import hashlib
import json
import lzma
import struct
import zlib

data = open("ZeroClipboard.swf", "rb").read()
plain = b"FWS" + data[3:8] + zlib.decompress(data[8:])
open("plain.swf", "wb").write(plain)


def zws(lc, lp, pb, marker):
    filters = [{"id": lzma.FILTER_LZMA1, "dict_size": 1 << 16, "lc": lc, "lp": lp, "pb": pb}]
    if marker:  # the raw coder writes an end marker
        packed = lzma.compress(plain[8:], lzma.FORMAT_RAW, filters=filters)
    else:  # without the marker: decoders of SWF stop at the size
        packed = lzma.compress(plain[8:], lzma.FORMAT_RAW, filters=filters)[:-6]
    properties = bytes([(pb * 5 + lp) * 9 + lc]) + struct.pack("<I", 1 << 16)
    return b"ZWS\x0d" + plain[4:8] + struct.pack("<I", len(packed)) + properties + packed


open("lzma.swf", "wb").write(zws(3, 0, 2, False))
open("lzma-eos.swf", "wb").write(zws(1, 2, 0, True))
express = open("expressInstall.swf", "rb").read()
express_plain = b"FWS" + express[3:8] + zlib.decompress(express[8:])
digest = lambda content: hashlib.sha256(content).hexdigest()
json.dump(
    {
        "ZeroClipboard.swf": digest(plain),
        "expressInstall.swf": digest(express_plain),
        "lzma.swf": digest(b"FWS\x0d" + plain[4:]),
        "lzma-eos.swf": digest(b"FWS\x0d" + plain[4:]),
    },
    open("expected.json", "w"),
    indent=1,
)
