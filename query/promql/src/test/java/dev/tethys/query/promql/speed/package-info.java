/** How long queries take over a recorded exporter; run by hand. */
@NullMarked
package dev.tethys.query.promql.speed;

import org.jspecify.annotations.NullMarked;
