/** Metrics of this machine, named as in node_exporter, and metrics of this process. */
@NullMarked
package dev.tethys.collect.host;

import org.jspecify.annotations.NullMarked;
