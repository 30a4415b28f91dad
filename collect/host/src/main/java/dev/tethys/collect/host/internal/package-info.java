/** One class a collector, named as node_exporter names it, and what they share. */
@NullMarked
package dev.tethys.collect.host.internal;

import org.jspecify.annotations.NullMarked;
