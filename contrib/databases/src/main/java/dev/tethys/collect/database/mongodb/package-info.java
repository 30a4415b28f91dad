/** Metrics of MongoDB servers, named as in Percona's mongodb_exporter. */
@NullMarked
package dev.tethys.collect.database.mongodb;

import org.jspecify.annotations.NullMarked;
