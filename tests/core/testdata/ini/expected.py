"""What Python's configparser makes of INI texts. From this folder: python3 expected.py > expected.json"""
import configparser, json, os, random, sys, tempfile

HAND = [
    "", "\n\n", "[a]", "[a]\n", "[a]\nx=1", "[a]\r\nx = 1\r\ny : 2\r\n", "[a]\rx=1\ry=2",
    "; c\n# c\n[a]\n;x=1\n#y=2\nz=3", "[a]\nx = 1 ; not a comment", "[a]\nx = a;b#c", "[a]\nx = # value",
    "[a]\nKey Name = v\nOTHER: v", "[a]\nx", "[a]\nx\ny = 1", "[a]\nx =", "[a]\nx =   \ny = 2",
    "[a]\nx = 1\n  2\n  3\ny = 4", "[a]\nx =\n  one\n  two", "[a]\nx = 1\n\n  2\n\n\ny=3", "[a]\nx = 1\n  # comment\n  2",
    "[a]\nx = 1\n  ; c\n\n  2\n", "[a]\nx = 1\n  y = 2", "[a]\nx = 1\n  [b]\n[c]\nz = 1", "[a]\nx = 1\n [b]\n y = 2",
    "[a]\n  x = 1\n  y = 2", "[a]\n  x = 1\n    more\n  y = 2", "[a]\n  x = 1\ny = 2\n z", "  [a]\n  x = 1",
    "[a]\nx = a = b : c", "[a]\nx : a = b", "[a]\nx==b", "[a]\nx :: b", "[a]\nx= %(home)s %% 50%", "[a]\nx = \"q\"",
    "[DEFAULT]\nx = d\ny = d\n[a]\ny = own\n[b]\nz = 1", "[a]\ny = own\n[DEFAULT]\nx = d", "[default]\nx = 1\n[a]\ny = 2",
    "[a b.c:d]\nx=1", "[A]\nx=1\n[a]\nx=2", "[a]\n[b]\n[c]\n", "[a]\nx=1\n[a]\ny=2", "[a]\nx=1\nX=2", "x = 1", "x\n[a]",
    "[a]\n= v", "[a]\n: v", "[a]\n=", "[]\nx=1", "[a\nx=1", "\ufeff[a]\nx=1", "[a]\nü = ß\nİ = 1", "[a]\nx = tab\tin\n\ty",
    "[a]\nx = 1\t\n", "[a]\nx\t=\t1", "[a]\nx = 1\n\n\n\n", "[a]\nx = 1\n \n  \n y", "[a]\nx =\n\n  late", "[a] \nx=1",
    "[a] ; comment\nx=1", "[a] # comment\nx=1", "[core]\nlog_level = INFO\nplugin_dir_list = /a, /b\n[yara]\nrules = x.yar",
    "[a]\nx = {\"json\": [1,\n  2]}", "[a]\nlist =\n  one,\n  two,\n\n  three\nnext = 1", "[a]\nx y z = 1", "[a]\n\"x\" = 1",
]
TOKENS = ["[a]", "[b]", "[DEFAULT]", "x", "y", "key one", " = ", ": ", "=", "1", "two", "# c", "; c", "\n", "\n", "\n", "\n  ", "\n\t", "\n    ", " ", "%", "a;b"]


def parse(text):
    parser = configparser.ConfigParser(interpolation=None, allow_no_value=True)
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", newline="", delete=False) as file:
        file.write(text)
    try:
        # As stoQ reads: universal newlines; utf-8-sig, so that a byte order mark is not part of the text.
        parser.read(file.name, encoding="utf-8-sig")
        return {"sections": {name: dict(parser.items(name)) for name in parser.sections()}}
    except (configparser.Error, AttributeError) as error:
        # AttributeError: an old fault of configparser, a continuation of an option without a value.
        return {"error": type(error).__name__}
    finally:
        os.unlink(file.name)


def made(count):
    rng = random.Random(20240601)
    for _ in range(count):
        yield "[s]\n" + "".join(rng.choice(TOKENS) for _ in range(rng.randint(1, 14)))


json.dump([{"text": text, **parse(text)} for text in [*HAND, *made(300)]], sys.stdout, indent=1, ensure_ascii=True)
print()
