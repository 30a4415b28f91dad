/** Metrics of redis_exporter, read by our own client of RESP. */
@NullMarked
package dev.tethys.collect.database.redis;

import org.jspecify.annotations.NullMarked;
