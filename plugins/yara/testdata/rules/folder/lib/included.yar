import "pe"
rule included_rule { condition: filesize == 4 and not pe.is_pe }
