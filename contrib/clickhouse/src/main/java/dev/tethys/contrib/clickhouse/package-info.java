/** Components of this module. */
@NullMarked
package dev.tethys.contrib.clickhouse;

import org.jspecify.annotations.NullMarked;
