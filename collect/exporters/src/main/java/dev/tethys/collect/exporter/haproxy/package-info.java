/** What haproxy_exporter does: shows the statistics of HAProxy, as it tells them as CSV. */
@NullMarked
package dev.tethys.collect.exporter.haproxy;

import org.jspecify.annotations.NullMarked;
