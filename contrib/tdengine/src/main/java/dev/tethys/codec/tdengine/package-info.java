/** Form of series in TDengine 3, and its responses. */
@NullMarked
package dev.tethys.codec.tdengine;

import org.jspecify.annotations.NullMarked;
