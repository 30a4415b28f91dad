/** ClickHouse's RowBinary, and the tables of telemetry in ClickHouse. */
@NullMarked
package dev.tethys.codec.clickhouse;

import org.jspecify.annotations.NullMarked;
