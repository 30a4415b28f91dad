/** Runs scripts in the language of Prometheus's promqltest against the engine. */
@NullMarked
package dev.tethys.query.promql.promqltest;

import org.jspecify.annotations.NullMarked;
