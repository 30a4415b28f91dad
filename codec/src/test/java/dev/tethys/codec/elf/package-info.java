@NullMarked
package dev.tethys.codec.elf;

import org.jspecify.annotations.NullMarked;
