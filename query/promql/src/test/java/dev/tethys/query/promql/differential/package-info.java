/** The engine against a real Prometheus over the same data. */
@NullMarked
package dev.tethys.query.promql.differential;

import org.jspecify.annotations.NullMarked;
