/** Executable files: sections and symbols of ELF, the function table of Go. */
@NullMarked
package dev.tethys.codec.elf;

import org.jspecify.annotations.NullMarked;
