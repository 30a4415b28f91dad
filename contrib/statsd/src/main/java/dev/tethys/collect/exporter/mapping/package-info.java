/** Mapping files of statsd_exporter and graphite_exporter: metric and labels for a dotted name. */
@NullMarked
package dev.tethys.collect.exporter.mapping;

import org.jspecify.annotations.NullMarked;
