/** Components of this module. */
@NullMarked
package dev.tethys.contrib.parquet;

import org.jspecify.annotations.NullMarked;
