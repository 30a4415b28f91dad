/** InfluxDB 1, 2 and 3 as destinations of metrics. */
@NullMarked
package dev.tethys.pipeline.destination.influx;

import org.jspecify.annotations.NullMarked;
