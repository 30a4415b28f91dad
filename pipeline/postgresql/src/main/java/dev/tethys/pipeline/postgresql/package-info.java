/** PostgreSQL and TimescaleDB: written to, and read by PromQL. Apart because of the driver. */
@NullMarked
package dev.tethys.pipeline.postgresql;

import org.jspecify.annotations.NullMarked;
