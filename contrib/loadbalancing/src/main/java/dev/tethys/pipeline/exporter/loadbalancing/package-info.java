/** Exporter that sends related items to the same one of several collectors. */
@NullMarked
package dev.tethys.pipeline.exporter.loadbalancing;

import org.jspecify.annotations.NullMarked;
