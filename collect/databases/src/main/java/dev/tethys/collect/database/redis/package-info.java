/** What redis_exporter shows, by a client of our own for RESP. */
@NullMarked
package dev.tethys.collect.database.redis;

import org.jspecify.annotations.NullMarked;
