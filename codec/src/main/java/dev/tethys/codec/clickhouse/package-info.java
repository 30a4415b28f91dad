/** ClickHouse's RowBinary, and the tables in which telemetry stands there. */
@NullMarked
package dev.tethys.codec.clickhouse;

import org.jspecify.annotations.NullMarked;
