/** Servers of MongoDB as mongodb_exporter (Percona's) shows them. */
@NullMarked
package dev.tethys.collect.database.mongodb;

import org.jspecify.annotations.NullMarked;
