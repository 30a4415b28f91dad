/**
 * SNMP as a manager speaks it, versions 1, 2c (RFC 3416) and 3 with the user-based security model
 * (RFC 3414, 3826, 7860): reading alone, one request at a time, over UDP and TCP. It knows nothing
 * of metrics.
 */
@NullMarked
package dev.tethys.collect.exporter.snmp.wire;

import org.jspecify.annotations.NullMarked;
