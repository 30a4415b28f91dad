/**
 * Parts shared by all exporters: an {@link dev.tethys.collect.exporter.ExporterKind} has flags and
 * opens an {@link dev.tethys.collect.exporter.Exporter}, which returns metric families for a {@link
 * dev.tethys.collect.exporter.Probe}. An exporter does not depend on its caller: a command with a
 * port, or a job of the server without one. One package each.
 */
@NullMarked
package dev.tethys.collect.exporter;

import org.jspecify.annotations.NullMarked;
