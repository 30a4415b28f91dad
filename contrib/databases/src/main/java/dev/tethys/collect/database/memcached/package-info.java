/** Metrics of memcached_exporter, read by the text protocol. */
@NullMarked
package dev.tethys.collect.database.memcached;

import org.jspecify.annotations.NullMarked;
