/**
 * Manager's side of SNMP, versions 1, 2c (RFC 3416) and 3 with the user-based security model (RFC
 * 3414, 3826, 7860): reads only, one request at a time, over UDP and TCP. Independent of metrics.
 */
@NullMarked
package dev.tethys.collect.exporter.snmp.wire;

import org.jspecify.annotations.NullMarked;
