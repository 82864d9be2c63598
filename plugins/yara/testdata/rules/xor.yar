rule one_byte
{
    meta:
        plugin = "xordecode"
    strings:
        $plain = "Hello, analyst" xor(0x01-0xff)
    condition:
        $plain
}

rule three_bytes
{
    meta:
        plugin = "xordecode"
        xor_plaintext_for_string_encoded = "Hello, analyst"
    strings:
        // "Hello, analyst" under the key 01 02 03
        $encoded = { 49 67 6f 6d 6d 2f 21 63 6d 60 6e 7a 72 76 }
    condition:
        $encoded
}
