/** Writers of numbers and strings for text formats. */
@NullMarked
package dev.tethys.codec.text;

import org.jspecify.annotations.NullMarked;
