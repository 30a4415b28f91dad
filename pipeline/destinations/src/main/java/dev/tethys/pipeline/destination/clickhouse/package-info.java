/** ClickHouse as a destination, over HTTP. */
@NullMarked
package dev.tethys.pipeline.destination.clickhouse;

import org.jspecify.annotations.NullMarked;
