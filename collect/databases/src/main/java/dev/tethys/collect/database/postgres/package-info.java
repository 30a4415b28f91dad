/** What postgres_exporter shows, by PostgreSQL's own driver. */
@NullMarked
package dev.tethys.collect.database.postgres;

import org.jspecify.annotations.NullMarked;
