/** Metrics and readings of a Linux machine, and metrics of this process. */
@NullMarked
package dev.tethys.collect.host.linux;

import org.jspecify.annotations.NullMarked;
