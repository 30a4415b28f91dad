/** PostgreSQL and MySQL flexible servers and Cache for Redis of Azure: one subscription. */
@NullMarked
package dev.tethys.collect.cloud.azure;

import org.jspecify.annotations.NullMarked;
