/** InfluxDB 1, 2 and 3 as destinations of metrics. */
@NullMarked
package dev.tethys.pipeline.exporter.influx;

import org.jspecify.annotations.NullMarked;
