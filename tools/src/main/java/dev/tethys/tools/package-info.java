/** {@code tethys tool}: commands that work on data and servers and end. */
@NullMarked
package dev.tethys.tools;

import org.jspecify.annotations.NullMarked;
