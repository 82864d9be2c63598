"""Hides the beginning of a real program, one way a file, as the comments say; harmless (see README.md)."""
import codecs, os

here = os.path.dirname(os.path.abspath(__file__))
program = open(os.path.join(here, "clam-upx.exe"), "rb").read()
def sample(name, content): open(os.path.join(here, name), "wb").write(bytes(content))

sample("xor.bin", (byte ^ 0x5C for byte in program))
sample("add.bin", ((byte - 0x11) & 0xFF for byte in program))
sample("rol.bin", ((byte >> 3 | byte << 5) & 0xFF for byte in program))
bits = int.from_bytes(program, "big") >> 3
sample("shift.bin", bits.to_bytes(len(program), "big"))
script = "<script>document.location = 'http://example.com/?' + eval(function() { return 1; }());</script>\n"
sample("rot13.txt", codecs.encode(script, "rot13").encode())
