/** OpenTSDB's put, as lines and as JSON. */
@NullMarked
package dev.tethys.codec.opentsdb;

import org.jspecify.annotations.NullMarked;
