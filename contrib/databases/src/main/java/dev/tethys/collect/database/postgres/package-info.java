/** Metrics of postgres_exporter, read by PostgreSQL's own driver. */
@NullMarked
package dev.tethys.collect.database.postgres;

import org.jspecify.annotations.NullMarked;
