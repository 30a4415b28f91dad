/** {@code tethys tool}: commands that work on data and servers and end. */
@NullMarked
package dev.tethys.app.tool;

import org.jspecify.annotations.NullMarked;
