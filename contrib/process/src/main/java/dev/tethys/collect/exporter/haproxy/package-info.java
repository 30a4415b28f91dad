/** Metrics of haproxy_exporter, read from HAProxy's statistics as CSV. */
@NullMarked
package dev.tethys.collect.exporter.haproxy;

import org.jspecify.annotations.NullMarked;
