/** How series stand in TDengine 3, and its answers. */
@NullMarked
package dev.tethys.codec.tdengine;

import org.jspecify.annotations.NullMarked;
