rule two_plugins : first second
{
    meta:
        plugin = " Peinfo, entropy ,,peinfo"
        save = "True"
    strings:
        $a = "route me"
    condition:
        $a
}

rule not_saved
{
    meta:
        plugin = "entropy"
        save = "False"
    strings:
        $a = "secret"
    condition:
        $a
}

rule no_plugin
{
    condition:
        filesize == 4
}
