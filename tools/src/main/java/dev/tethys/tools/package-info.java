/** {@code tethys tool}: commands that process data and servers, then exit. */
@NullMarked
package dev.tethys.tools;

import org.jspecify.annotations.NullMarked;
