/** Registration of this module's components. */
@NullMarked
package dev.tethys.contrib.clickhouse;

import org.jspecify.annotations.NullMarked;
