/*
  A small set of signs that an analyst wants to know of. A match is a reason to look, not a verdict.
  Tags: test, packer, installer, embedded, encoded, api, persistence, macro, script, document, shellcode, mining.
*/

rule eicar_test_file : test
{
    meta:
        description = "EICAR anti-virus test file"
        reference = "https://www.eicar.org/download-anti-malware-testfile/"
    strings:
        $eicar = "X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
    condition:
        $eicar in (0..128)
}

// ---- Packers, installers, script compilers

rule upx : packer
{
    meta:
        description = "UPX: names of its sections, or its header"
    strings:
        $section0 = "UPX0" fullword
        $section1 = "UPX1" fullword
        $magic = "UPX!"
    condition:
        (uint16(0) == 0x5a4d and ($section0 in (0..2048) or $section1 in (0..2048) or $magic in (0..2048))) or
        (uint32be(0) == 0x7f454c46 and $magic)
}

rule packer_section : packer
{
    meta:
        description = "PE file with a section named after a packer or protector"
    strings:
        $aspack = ".aspack"
        $adata = ".adata\x00"
        $petite = ".petite"
        $fsg = "FSG!"
        $mew = "MEW\x00"
        $upack = ".Upack"
        $wwpack = ".WWP32"
        $nspack = "nsp0\x00"
        $mpress = ".MPRESS1"
        $themida = ".themida"
        $winlicense = ".winlice"
        $vmprotect = ".vmp0\x00"
        $enigma = ".enigma1"
        $yoda = ".yP\x00"
        $yoda_crypter = "yC\x00\x00\x00\x00\x00\x00"
        $obsidium = ".obsidiu"
        $pebundle = "PEBundle"
        $pecompact = "PEC2"
        $spack = ".spack"
    condition:
        uint16(0) == 0x5a4d and for any of them : ($ in (0..2048))
}

rule nsis_installer : installer
{
    meta:
        description = "Nullsoft installer"
    strings:
        $header = { ef be ad de 4e 75 6c 6c 73 6f 66 74 49 6e 73 74 }
    condition:
        $header
}

rule inno_setup : installer
{
    meta:
        description = "Inno Setup installer"
    strings:
        $text = "Inno Setup Setup Data ("
        $loader = { 72 44 6c 50 74 53 (30 | 02 | cd) }
    condition:
        uint16(0) == 0x5a4d and any of them
}

rule installshield : installer
{
    meta:
        description = "InstallShield installer or one of its cabinets"
    strings:
        $text = "InstallShield" wide ascii
        $cabinet = { 49 53 63 28 }
    condition:
        (uint16(0) == 0x5a4d and $text) or $cabinet at 0
}

rule autoit_compiled : script packer
{
    meta:
        description = "Compiled AutoIt script"
    strings:
        $version3 = { a3 48 4b be 98 6c 4a a9 99 4c 53 0a 86 d6 48 7d 41 55 33 21 45 41 30 (35 | 36) }
        $text = "AU3!EA0"
    condition:
        any of them
}

rule python_frozen : packer
{
    meta:
        description = "Python program frozen by PyInstaller"
    strings:
        $cookie = { 4d 45 49 0c 0b 0a 0b 0e }
    condition:
        $cookie
}

// ---- Programs in unlikely places

rule embedded_pe : embedded
{
    meta:
        description = "PE file behind something else"
    strings:
        $cannot = { 4d 5a [60-300] 54 68 69 73 20 70 72 6f 67 72 61 6d 20 63 61 6e 6e 6f 74 20 62 65 20 72 75 6e }
        $must = { 4d 5a [60-300] 54 68 69 73 20 70 72 6f 67 72 61 6d 20 6d 75 73 74 20 62 65 20 72 75 6e }
    condition:
        $cannot in (1..filesize) or $must in (1..filesize)
}

rule base64_pe : embedded encoded
{
    meta:
        description = "Base64 of a PE file's first bytes"
    strings:
        $microsoft = "TVqQAAMAAAAEAAAA" ascii wide
        $borland = "TVpQAAIAAAAEAA8A" ascii wide
        $zero = "TVoAAAAAAAAAAAAA" ascii wide
        $reversed = "AAAAEAAAAMAAQqVT" ascii wide
    condition:
        any of them
}

rule hex_pe : embedded encoded
{
    meta:
        description = "A PE file's first bytes as hexadecimal digits"
    strings:
        $microsoft = "4d5a90000300000004000000" ascii wide nocase
        $borland = "4d5a50000200000004000f00" ascii wide nocase
    condition:
        any of them
}

rule xor_pe : embedded encoded
{
    meta:
        description = "Text of a DOS stub under XOR with one byte"
    strings:
        $stub = "This program cannot be run" xor(0x01-0xff)
    condition:
        $stub
}

// ---- Names of functions that belong together

rule process_injection : api
{
    meta:
        description = "Functions that write into another process and run code there"
    strings:
        $alloc = "VirtualAllocEx"
        $write1 = "WriteProcessMemory"
        $write2 = "NtWriteVirtualMemory"
        $run1 = "CreateRemoteThread"
        $run2 = "QueueUserAPC"
        $run3 = "SetThreadContext"
        $run4 = "NtUnmapViewOfSection"
        $run5 = "RtlCreateUserThread"
    condition:
        any of ($write*) and any of ($run*) or ($alloc and any of ($run*))
}

rule keylogging : api
{
    meta:
        description = "Functions that follow the keyboard, with one that names the window"
    strings:
        $state = "GetAsyncKeyState"
        $state2 = "GetKeyboardState"
        $hook = "SetWindowsHookEx"
        $window = "GetForegroundWindow"
    condition:
        $window and any of ($state*) and $hook
}

rule anti_debugging : api
{
    meta:
        description = "Functions and names by which a program looks for debuggers and virtual machines"
    strings:
        $remote = "CheckRemoteDebuggerPresent"
        $query = "NtQueryInformationProcess"
        $hide = "NtSetInformationThread"
        $vmware = "VMwareService" ascii wide nocase
        $vbox = "VBoxService" ascii wide nocase
        $sandboxie = "SbieDll.dll" ascii wide nocase
        $wine = "wine_get_unix_file_name"
    condition:
        2 of them
}

rule download_and_run : api
{
    meta:
        description = "Functions that fetch a file, and ones that start it"
    strings:
        $fetch1 = "URLDownloadToFile"
        $fetch2 = "InternetReadFile"
        $fetch3 = "WinHttpReadData"
        $run1 = "ShellExecute"
        $run2 = "WinExec"
        $run3 = "CreateProcess"
    condition:
        uint16(0) == 0x5a4d and any of ($fetch*) and any of ($run*)
}

rule credential_theft : api
{
    meta:
        description = "Names from tools that read credentials out of memory"
    strings:
        $module = "sekurlsa::" ascii wide nocase
        $tool = "mimikatz" ascii wide nocase
        $dump = "MiniDumpWriteDump"
        $process = "lsass" ascii wide nocase
    condition:
        $module or $tool or ($dump and $process)
}

rule run_key : persistence
{
    meta:
        description = "Registry key of programs that start at logon"
    strings:
        $key = "Software\\Microsoft\\Windows\\CurrentVersion\\Run" ascii wide nocase
    condition:
        $key
}

// ---- Scripts and macros

rule vba_runs_by_itself : macro
{
    meta:
        description = "VBA procedures that Office runs without being asked, beside VBA source"
    strings:
        $source1 = "Attribute VB_"
        $source2 = { 41 74 74 72 69 62 75 74 00 65 20 56 42 5f }
        $auto1 = "AutoOpen" nocase
        $auto2 = "Auto_Open" nocase
        $auto3 = "Document_Open" nocase
        $auto4 = "Workbook_Open" nocase
        $auto5 = "AutoExec" nocase
        $auto6 = "Document_Close" nocase
        $auto7 = "Auto_Close" nocase
    condition:
        any of ($source*) and any of ($auto*)
}

rule vba_starts_programs : macro
{
    meta:
        description = "VBA source with what starts programs or fetches files"
    strings:
        $source1 = "Attribute VB_"
        $source2 = { 41 74 74 72 69 62 75 74 00 65 20 56 42 5f }
        $wscript = "WScript.Shell" nocase
        $application = "Shell.Application" nocase
        $http = "MSXML2.XMLHTTP" nocase
        $stream = "ADODB.Stream" nocase
        $powershell = "powershell" nocase
    condition:
        any of ($source*) and any of ($wscript, $application, $http, $stream, $powershell)
}

rule powershell_encoded_command : script encoded
{
    meta:
        description = "PowerShell with a command in base64"
    strings:
        $ascii = /powershell(\.exe)?["']?\s[^\r\n]{0,200}-e(c|n|nc|nco|ncod|ncode|ncoded|ncodedc|ncodedcommand)?\s{1,8}["']?[A-Za-z0-9+\/]{20}/ nocase
        $wide = /powershell(\.exe)?["']?\s[^\r\n]{0,200}-e(c|n|nc|nco|ncod|ncode|ncoded|ncodedc|ncodedcommand)?\s{1,8}["']?[A-Za-z0-9+\/]{20}/ nocase wide
    condition:
        any of them
}

rule powershell_download : script
{
    meta:
        description = "PowerShell that fetches something and runs it"
    strings:
        $fetch1 = ".DownloadString(" ascii wide nocase
        $fetch2 = ".DownloadFile(" ascii wide nocase
        $fetch3 = ".DownloadData(" ascii wide nocase
        $fetch4 = "Invoke-WebRequest" ascii wide nocase
        $run1 = "Invoke-Expression" ascii wide nocase
        $run2 = "Start-Process" ascii wide nocase
        $run3 = "iex(" ascii wide nocase
        $run4 = "iex (" ascii wide nocase
        $run5 = "[Reflection.Assembly]" ascii wide nocase
    condition:
        any of ($fetch*) and any of ($run*)
}

rule javascript_obfuscated : script encoded
{
    meta:
        description = "JavaScript that builds its own source from codes"
    strings:
        $eval1 = "eval(String.fromCharCode" nocase
        $eval2 = "eval(unescape(" nocase
        $eval3 = "eval(function(p,a,c,k,e," nocase
        $eval4 = "eval(atob(" nocase
        $unicode = "unescape(\"%u" nocase
        $unicode2 = "unescape('%u" nocase
    condition:
        any of them
}

rule php_webshell : script
{
    meta:
        description = "PHP that runs what a request brings, or what it decodes"
    strings:
        $php = "<?php" nocase
        $run = /(eval|assert|system|passthru|shell_exec|popen)\s{0,8}\(\s{0,8}@?(base64_decode|gzinflate|gzuncompress|str_rot13|\$_(GET|POST|REQUEST|COOKIE))/ nocase
    condition:
        $php and $run
}

// ---- Documents

rule pdf_runs_javascript : document
{
    meta:
        description = "PDF with an action at opening, and JavaScript"
    strings:
        $open = "/OpenAction"
        $additional = "/AA"
        $javascript1 = "/JavaScript"
        $javascript2 = "/JS"
    condition:
        uint32be(0) == 0x25504446 and ($open or $additional) and any of ($javascript*)
}

rule pdf_starts_program : document
{
    meta:
        description = "PDF with an action that starts a program, or a file inside"
    strings:
        $launch = "/Launch"
        $file = "/EmbeddedFile"
    condition:
        uint32be(0) == 0x25504446 and any of them
}

rule rtf_with_object : document embedded
{
    meta:
        description = "RTF with an embedded object"
    strings:
        $data = "\\objdata" nocase
        $update = "\\objupdate" nocase
    condition:
        uint32be(0) == 0x7b5c7274 and any of them
}

rule equation_editor : document
{
    meta:
        description = "Object of the equation editor (CVE-2017-11882, CVE-2018-0802)"
    strings:
        $name = "Equation.3" ascii wide nocase
        $name_hex = "4571756174696f6e2e33" nocase
        $class = { 02 ce 02 00 00 00 00 00 c0 00 00 00 00 00 00 46 }
        $class_hex = "02ce020000000000c000000000000046" nocase
    condition:
        (uint32be(0) == 0x7b5c7274 or uint32be(0) == 0xd0cf11e0 or uint32be(0) == 0x504b0304) and any of them
}

rule shortcut_runs_script : document script
{
    meta:
        description = "Shell link that starts an interpreter"
    strings:
        $cmd = "cmd.exe" ascii wide nocase
        $powershell = "powershell" ascii wide nocase
        $mshta = "mshta" ascii wide nocase
        $wscript = "wscript" ascii wide nocase
        $rundll = "rundll32" ascii wide nocase
    condition:
        uint32be(0) == 0x4c000000 and uint32be(4) == 0x01140200 and any of them
}

// ---- Other

rule shellcode_finds_functions : shellcode
{
    meta:
        description = "x86 code that walks the loaded modules and hashes names of functions (rotate right by 13)"
    strings:
        $peb1 = { 64 a1 30 00 00 00 }
        $peb2 = { 64 8b (1d | 0d | 15 | 35 | 3d) 30 00 00 00 }
        $peb3 = { 64 8b (50 | 52 | 58 | 59 | 70 | 71 | 76) 30 8b }
        $peb4 = { 65 48 8b (04 25 | 52) 60 }
        $hash = { c1 (c8 | c9 | ca | cb | cd | ce | cf) 0d (01 | 03) }
        $hash64 = { 41 c1 c9 0d 41 01 c1 }
    condition:
        any of ($peb*) and any of ($hash*)
}

rule cryptocurrency_miner : mining
{
    meta:
        description = "Address of a mining pool"
    strings:
        $stratum = "stratum+tcp://" ascii wide nocase
        $stratum_tls = "stratum+ssl://" ascii wide nocase
    condition:
        any of them
}
