/**
 * Prometheus's HTTP API: queries, metadata, status and administration over interfaces of other
 * modules.
 */
@NullMarked
package dev.tethys.api.prometheus;

import org.jspecify.annotations.NullMarked;
