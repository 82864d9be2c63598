private rule hidden { strings: $p = "abc" condition: $p }
rule kinds : one two
{
    meta:
        text = "first"
        text = "last"
        number = -5
        truth = true
        bytes = "\xff\\n"
    strings:
        $text = "abc"
        $hex = { 61 ?? 63 ff }
        $regex = /b+c/
        $secret = "abc" private
    condition:
        hidden and $text and any of ($hex, $regex) and $secret
}
rule by_name { condition: filename == "evil.exe" and extension == ".exe" and filepath == "a/evil.exe" }
