/**
 * PostgreSQL and TimescaleDB: exporter, and store for PromQL. A separate module because of the
 * driver.
 */
@NullMarked
package dev.tethys.pipeline.postgresql;

import org.jspecify.annotations.NullMarked;
