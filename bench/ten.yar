/*
  Ten rules as small rule sets have them: magic numbers, texts, a regular expression, a count. The dispatcher sends what has an executable
  in it to pecarve, and what is compressed to decompress; the same file is given to yara.
*/

rule executable
{
    meta:
        plugin = "pecarve"
    strings:
        $stub = "This program cannot be run in DOS mode"
    condition:
        $stub
}

rule compressed
{
    meta:
        plugin = "decompress"
    condition:
        uint16be(0) == 0x1f8b or uint32be(0) == 0xfd377a58 or uint32be(0) == 0x28b52ffd or
        (uint16be(0) == 0x425a and uint8(2) == 0x68)
}

rule archive
{
    meta:
        plugin = "decompress"
    condition:
        uint32be(0) == 0x504b0304 or uint32be(0) == 0x377abcaf or uint32be(257) == 0x75737461
}

rule elf
{
    condition:
        uint32be(0) == 0x7f454c46
}

rule shell_script
{
    strings:
        $shebang = /^#! ?\/(usr\/)?bin\/(env )?(ba|da|z)?sh/
    condition:
        $shebang at 0
}

rule downloads
{
    strings:
        $wget = "wget http" nocase
        $curl = "curl -" nocase
        $http = /https?:\/\/[a-z0-9.-]{4,80}\// nocase
    condition:
        ($wget or $curl) and $http
}

rule private_key
{
    strings:
        $pem = /-----BEGIN (RSA |EC |OPENSSH )?PRIVATE KEY-----/
    condition:
        $pem
}

rule macro_words
{
    strings:
        $a = "AutoOpen" nocase wide ascii
        $b = "Document_Open" nocase wide ascii
        $c = "WScript.Shell" nocase wide ascii
        $d = "CreateObject" nocase wide ascii
    condition:
        2 of them
}

rule injection
{
    strings:
        $a = "VirtualAllocEx"
        $b = "WriteProcessMemory"
        $c = "CreateRemoteThread"
    condition:
        all of them
}

rule many_addresses
{
    strings:
        $address = /[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}/
    condition:
        #address > 20
}
