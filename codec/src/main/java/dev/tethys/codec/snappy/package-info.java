/** The snappy block format, as remote write and remote read use it. */
@NullMarked
package dev.tethys.codec.snappy;

import org.jspecify.annotations.NullMarked;
