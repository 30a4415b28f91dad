/** Files with debug information by build id, and names of functions from them. */
@NullMarked
package dev.tethys.api.pyroscope.debuginfo;

import org.jspecify.annotations.NullMarked;
