/** The C library of the machine, where the JDK lacks a call. */
@NullMarked
package dev.tethys.model.libc;

import org.jspecify.annotations.NullMarked;
