/**
 * Executable files: sections and symbols of ELF, the function table of Go, lengths of instructions.
 */
@NullMarked
package dev.tethys.collect.observe.binary;

import org.jspecify.annotations.NullMarked;
