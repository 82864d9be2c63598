include "b.yar"
rule a { condition: filesize == 4 }
