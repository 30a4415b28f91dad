/**
 * Metrics of snmp_exporter: agents are walked by the modules of {@code snmp.yml}, and their objects
 * become metrics. The protocol is in {@code wire}.
 */
@NullMarked
package dev.tethys.collect.exporter.snmp;

import org.jspecify.annotations.NullMarked;
