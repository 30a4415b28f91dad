/** Hashes and bounded texts. */
@NullMarked
package dev.tethys.control.text;

import org.jspecify.annotations.NullMarked;
