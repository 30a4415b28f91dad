/** Options for this machine's metrics, named as in node_exporter, and the form of readings. */
@NullMarked
package dev.tethys.collect.host;

import org.jspecify.annotations.NullMarked;
