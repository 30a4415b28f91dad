/** Registration of this module's components. */
@NullMarked
package dev.tethys.contrib.parquet;

import org.jspecify.annotations.NullMarked;
