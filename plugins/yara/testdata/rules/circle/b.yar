include "a.yar"
rule b { condition: filesize == 4 }
