/** InfluxDB as a store that queries read. */
@NullMarked
package dev.tethys.store.remote.influx;

import org.jspecify.annotations.NullMarked;
