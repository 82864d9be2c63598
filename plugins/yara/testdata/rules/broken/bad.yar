rule bad
{
    condition:
        $missing
}
