rule fine { condition: filesize == 4 }
