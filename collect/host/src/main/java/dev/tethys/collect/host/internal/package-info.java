/** Collectors of node_exporter, one class each with the same name, and their shared parts. */
@NullMarked
package dev.tethys.collect.host.internal;

import org.jspecify.annotations.NullMarked;
