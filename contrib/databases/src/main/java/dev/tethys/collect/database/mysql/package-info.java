/** Metrics of mysqld_exporter, read by our own client of MySQL's protocol. */
@NullMarked
package dev.tethys.collect.database.mysql;

import org.jspecify.annotations.NullMarked;
