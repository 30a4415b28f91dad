/** Machine code: lengths of instructions. */
@NullMarked
package dev.tethys.collect.observe.binary;

import org.jspecify.annotations.NullMarked;
