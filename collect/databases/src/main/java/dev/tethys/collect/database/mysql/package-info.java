/** What mysqld_exporter shows, by a client of our own for MySQL's protocol. */
@NullMarked
package dev.tethys.collect.database.mysql;

import org.jspecify.annotations.NullMarked;
