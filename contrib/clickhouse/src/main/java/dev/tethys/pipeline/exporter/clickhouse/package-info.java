/** ClickHouse as a destination, over HTTP. */
@NullMarked
package dev.tethys.pipeline.exporter.clickhouse;

import org.jspecify.annotations.NullMarked;
