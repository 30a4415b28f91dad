/** Exporter that sends related items to one of several collectors, always the same one. */
@NullMarked
package dev.tethys.pipeline.exporter.loadbalancing;

import org.jspecify.annotations.NullMarked;
