/** Hashes and bounded strings. */
@NullMarked
package dev.tethys.control.text;

import org.jspecify.annotations.NullMarked;
