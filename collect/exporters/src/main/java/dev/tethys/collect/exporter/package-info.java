/**
 * What all exporters share: an {@link dev.tethys.collect.exporter.ExporterKind} has flags and opens
 * an {@link dev.tethys.collect.exporter.Exporter}, which gives metric families for a {@link
 * dev.tethys.collect.exporter.Probe}. Who mounts it, a command with a port or a job of the server
 * without one, is none of its business. One package an exporter.
 */
@NullMarked
package dev.tethys.collect.exporter;

import org.jspecify.annotations.NullMarked;
