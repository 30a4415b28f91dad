/** Remote write of the metrics of an agent that serves a page. */
@NullMarked
package dev.tethys.prometheus.push;

import org.jspecify.annotations.NullMarked;
