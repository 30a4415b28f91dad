/** MySQL HeatWave, Database with PostgreSQL and Cache of Oracle Cloud: one region. */
@NullMarked
package dev.tethys.collect.cloud.oci;

import org.jspecify.annotations.NullMarked;
