/** The {@code collect} section: exporters that run inside the server or the agent. */
@NullMarked
package dev.tethys.prometheus.collect;

import org.jspecify.annotations.NullMarked;
