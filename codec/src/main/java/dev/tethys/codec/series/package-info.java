/** Text form and key of a series for databases without labels. */
@NullMarked
package dev.tethys.codec.series;

import org.jspecify.annotations.NullMarked;
