/**
 * The mapping files of statsd_exporter and graphite_exporter: which metric with which labels a
 * dotted name means.
 */
@NullMarked
package dev.tethys.collect.exporter.mapping;

import org.jspecify.annotations.NullMarked;
