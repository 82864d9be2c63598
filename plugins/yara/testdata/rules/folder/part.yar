rule part { condition: filesize == 4 }
