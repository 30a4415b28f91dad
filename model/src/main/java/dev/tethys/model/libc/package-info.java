/** Calls of the C library that the JDK lacks. */
@NullMarked
package dev.tethys.model.libc;

import org.jspecify.annotations.NullMarked;
