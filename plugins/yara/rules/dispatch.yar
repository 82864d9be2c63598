/*
  Which plugin gets which payload, by what is in it. Every plugin named here is one of the built-in ones.
  Meta "plugin" holds their names. "save" is left to the operator: "False" keeps a payload from the archive, "True" saves it
  even where another plugin decided against it.
*/

// ---- Programs

rule pe_file
{
    meta:
        description = "PE file: Microsoft PE format, MS-DOS stub and signature"
        plugin = "peinfo"
    condition:
        uint16(0) == 0x5a4d and uint32(uint32(0x3c)) == 0x00004550
}

rule pe_inside
{
    meta:
        description = "PE file inside something else: DOS header with the text of a common stub"
        plugin = "pecarve"
    strings:
        $cannot = { (4d 5a | 5a 4d) [60-300] 54 68 69 73 20 70 72 6f 67 72 61 6d 20 63 61 6e 6e 6f 74 20 62 65 20 72 75 6e }
        $must = { (4d 5a | 5a 4d) [60-300] 54 68 69 73 20 70 72 6f 67 72 61 6d 20 6d 75 73 74 20 62 65 20 72 75 6e }
    condition:
        $cannot in (1..filesize) or $must in (1..filesize)
}

rule pe_xor
{
    meta:
        description = "XOR-encoded PE file: stub text under a key of one byte, which the plugin gets as xorkey"
        plugin = "xordecode"
    strings:
        $this_program = "This program cannot be run" xor(0x01-0xff)
    condition:
        $this_program
}

rule elf_file
{
    meta:
        description = "ELF file: System V ABI, ELF identification"
        plugin = "lief"
    condition:
        uint32be(0) == 0x7f454c46
}

rule macho_file
{
    meta:
        description = "Mach-O file of either byte order and width, or a universal one"
        plugin = "lief,symhash"
    condition:
        uint32be(0) == 0xfeedface or uint32be(0) == 0xfeedfacf or uint32be(0) == 0xcefaedfe or
        uint32be(0) == 0xcffaedfe or uint32be(0) == 0xcafebabf or
        // The same magic number as Java's: what is a count of architectures here is the version there, at least 45.
        (uint32be(0) == 0xcafebabe and uint32be(4) > 0 and uint32be(4) < 45)
}

rule java_class
{
    meta:
        description = "Java class file: Java Virtual Machine Specification, 4.1"
        plugin = "javaclass"
    condition:
        uint32be(0) == 0xcafebabe and uint16be(6) >= 45
}

rule swf
{
    meta:
        description = "Flash file, or one inside something else: SWF File Format Specification, The SWF header"
        plugin = "swfcarve"
    strings:
        $zlib = { 43 57 53 (0? | 1? | 2? | 3?) ?? ?? ?? (00 | 01 | 02) 78 }
        $lzma = { 5a 57 53 (0? | 1? | 2? | 3?) ?? ?? ?? (00 | 01 | 02) ?? ?? ?? (00 | 01 | 02) 5d }
        $plain = { 46 57 53 (0? | 1? | 2? | 3?) ?? ?? ?? (00 | 01 | 02) }
    condition:
        any of them
}

// ---- Archives and compressed files

rule zip_file
{
    meta:
        description = "ZIP file, also an empty or split one: APPNOTE.TXT 4.3.7, 4.3.16, 8.5.3"
        plugin = "decompress,xyz"
    condition:
        uint32be(0) == 0x504b0304 or uint32be(0) == 0x504b0506 or uint32be(0) == 0x504b0708 or
        uint32be(0) == 0x504b3030
}

rule archive
{
    meta:
        description = "Archives that are known by their first bytes"
        plugin = "decompress"
    condition:
        (uint32be(0) == 0x377abcaf and uint16be(4) == 0x271c) or                     // 7z
        (uint32be(0) == 0x52617221 and uint16be(4) == 0x1a07) or                     // RAR
        (uint32be(0) == 0x4d534346 and uint32be(4) == 0) or                          // cabinet, [MS-CAB] 2.1
        (uint32be(0) == 0x213c6172 and uint32be(4) == 0x63683e0a) or                 // ar, deb
        uint32be(0) == 0xedabeedb or                                                 // RPM
        (uint16be(0) == 0x60ea and uint16(2) > 0 and uint16(2) <= 2600) or           // ARJ: header of at most 2600 bytes
        (uint32be(0) == 0x30373037 and
            (uint16be(4) == 0x3031 or uint16be(4) == 0x3032 or uint16be(4) == 0x3037)) or // cpio, text
        uint16be(0) == 0x71c7 or uint16be(0) == 0xc771 or                            // cpio, binary
        uint32be(0) == 0x78617221 or                                                 // xar
        uint32be(0) == 0x49545346 or                                                 // CHM
        (uint32be(0) == 0x4d535749 and uint16be(4) == 0x4d00) or                     // WIM
        uint32be(0) == 0x68737173 or                                                 // SquashFS
        (uint16be(2) == 0x2d6c and uint8(6) == 0x2d) or                              // LHA: "-l", method, "-"
        (uint32be(7) == 0x2a2a4143 and uint16be(11) == 0x452a and uint8(13) == 0x2a) // ACE: "**ACE**"
}

rule archive_further_in
{
    meta:
        description = "Archives whose signature comes later: tar (POSIX pax, ustar), ISO 9660 (ECMA-119, 8.1), UDF"
        plugin = "decompress"
    condition:
        (uint32be(257) == 0x75737461 and uint8(261) == 0x72) or
        (uint32be(0x8001) == 0x43443030 and uint8(0x8005) == 0x31) or
        (uint32be(0x8001) == 0x42454130 and uint8(0x8005) == 0x31)
}

rule compressed_file
{
    meta:
        description = "One compressed file: gzip (RFC 1952), bzip2, xz, Zstandard (RFC 8878), lzip, LZMA, compress, SZDD"
        plugin = "decompress"
    condition:
        (uint16be(0) == 0x1f8b and uint8(2) == 8) or
        (uint32be(0) & 0xffffff00 == 0x425a6800 and uint32be(4) == 0x31415926) or
        (uint32be(0) == 0xfd377a58 and uint16be(4) == 0x5a00) or
        uint32be(0) == 0x28b52ffd or
        uint32be(0) == 0x4c5a4950 or
        (uint16be(0) == 0x5d00 and uint8(2) == 0 and filesize > 13) or
        uint16be(0) == 0x1f9d or
        (uint32be(0) == 0x535a4444 and uint32be(4) == 0x88f02733)
}

rule archive_in_program
{
    meta:
        description = "Self-extracting archive or installer: 7z, RAR, cabinet or NSIS behind a program, or a ZIP directory at its end"
        plugin = "decompress"
    strings:
        $seven_zip = { 37 7a bc af 27 1c 00 }
        $rar = { 52 61 72 21 1a 07 (00 | 01) }
        $cabinet = { 4d 53 43 46 00 00 00 00 }
        $nsis = { ef be ad de 4e 75 6c 6c 73 6f 66 74 49 6e 73 74 }
        $zip_end = { 50 4b 05 06 00 00 00 00 }
    condition:
        (uint16(0) == 0x5a4d or uint32be(0) == 0x7f454c46) and
        ($seven_zip or $rar or $cabinet or $nsis or $zip_end in (filesize - 65557..filesize))
}

// ---- Documents

rule ole_file
{
    meta:
        description = "OLE compound file: [MS-CFB] 2.2"
        plugin = "ole"
    condition:
        uint32be(0) == 0xd0cf11e0 and uint32be(4) == 0xa1b11ae1
}

rule ole_with_vba
{
    meta:
        description = "OLE compound file with a VBA project: [MS-OVBA] 2.2"
        plugin = "mraptor"
    strings:
        // "Attribute VB" as [MS-OVBA] 2.4.1 compresses it, and names of the project's storages
        $attribute = { 41 74 74 72 69 62 75 74 00 65 20 56 42 }
        $cache = "_VBA_PROJECT" wide
        $project = "VBAProject"
    condition:
        uint32be(0) == 0xd0cf11e0 and uint32be(4) == 0xa1b11ae1 and any of them
}

rule outlook_message
{
    meta:
        description = "Outlook message: [MS-OXMSG] 2.4, property stream"
        plugin = "msg"
    strings:
        $properties = "__properties_version1.0" wide
    condition:
        uint32be(0) == 0xd0cf11e0 and uint32be(4) == 0xa1b11ae1 and $properties
}

rule installer_database
{
    meta:
        description = "Windows Installer package: class of the root storage"
        plugin = "decompress"
    strings:
        $class = { (84 | 86) 10 0c 00 00 00 00 00 c0 00 00 00 00 00 00 46 }
    condition:
        uint32be(0) == 0xd0cf11e0 and uint32be(4) == 0xa1b11ae1 and $class
}

rule office_zip
{
    meta:
        description = "Office Open XML (ECMA-376-2, 10.1.2.2) or OpenDocument (OpenDocument 1.3, part 2, 3.3)"
        plugin = "msoffice"
    strings:
        $types = "[Content_Types].xml"
        $open_document = "mimetypeapplication/vnd.oasis.opendocument"
    condition:
        uint32be(0) == 0x504b0304 and ($types or $open_document at 30)
}

rule office_zip_with_macros
{
    meta:
        description = "Office Open XML with a VBA project or an Excel 4 macro sheet, OpenDocument with Basic"
        plugin = "mraptor"
    strings:
        $project = "vbaProject.bin"
        $data = "vbaData.xml"
        $macro_sheet = "xl/macrosheets/"
        $basic = "Basic/Standard/"
    condition:
        uint32be(0) == 0x504b0304 and any of them
}

rule office_xml_with_macros
{
    meta:
        description = "Word 2003 XML or a web archive with a VBA project in base64"
        plugin = "mraptor"
    strings:
        $xml = "w:macrosPresent=\"yes\""
        $flat = "/word/vbaProject.bin"
        $mime = "ActiveMime"
        $mime_base64 = "QWN0aXZlTWltZ"
    condition:
        uint32be(0) != 0x504b0304 and uint32be(0) != 0xd0cf11e0 and any of them
}

rule rtf_file
{
    meta:
        description = "Rich Text Format: Word opens whatever begins so"
        plugin = "rtf,iocextract"
    condition:
        uint32be(0) == 0x7b5c7274
}

rule pdf_file
{
    meta:
        description = "PDF: ISO 32000-1, 7.5.2; readers look for the header in the first 1024 bytes (annex H)"
        plugin = "pdf,iocextract"
    strings:
        $header = "%PDF-"
    condition:
        $header in (0..1024)
}

rule xdp_file
{
    meta:
        description = "XML Data Package with a PDF inside"
        plugin = "xdpcarve"
    strings:
        $package = "xdp:xdp"
        $pdf = "<pdf "
    condition:
        all of them
}

rule shortcut
{
    meta:
        description = "Shell link: [MS-SHLLINK] 2.1"
        plugin = "iocextract"
    condition:
        uint32be(0) == 0x4c000000 and uint32be(4) == 0x01140200
}

// ---- Mail and text

rule email
{
    meta:
        description = "Message with header fields: RFC 5322, 3.6; also after the first line of an mbox"
        plugin = "smtp"
    strings:
        $first = /^(received|return-path|delivered-to|from|to|cc|reply-to|subject|date|sender|mime-version|message-id|content-type|x-[a-z0-9-]{1,60}):/ nocase
        $mbox = /^From [^\r\n]{1,200}\r?\n/
        $from = /\nfrom[ \t]{0,9}:/ nocase
        $to = /\nto[ \t]{0,9}:/ nocase
        $subject = /\nsubject[ \t]{0,9}:/ nocase
        $date = /\ndate[ \t]{0,9}:/ nocase
        $received = /\nreceived[ \t]{0,9}:/ nocase
        $id = /\nmessage-id[ \t]{0,9}:/ nocase
        $mime = /\nmime-version[ \t]{0,9}:/ nocase
    condition:
        ($first at 0 or $mbox at 0) and for 2 of ($from, $to, $subject, $date, $received, $id, $mime) : ($ in (0..16384))
}

rule tnef
{
    meta:
        description = "winmail.dat: [MS-OXTNEF] 2.1.3.1"
        plugin = "tnef"
    condition:
        uint32be(0) == 0x789f3e22
}

rule web_page
{
    meta:
        description = "HTML, which holds addresses and encoded scripts"
        plugin = "iocextract,b64decode"
    strings:
        $html = "<html" nocase
        $doctype = "<!doctype html" nocase
        $script = "<script" nocase
    condition:
        for any of them : ($ in (0..1024))
}
