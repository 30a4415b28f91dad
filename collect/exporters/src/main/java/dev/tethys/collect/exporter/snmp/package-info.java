/**
 * What snmp_exporter does: agents are walked as the modules of {@code snmp.yml} say, and what they
 * hold becomes metrics. The protocol is in {@code wire}.
 */
@NullMarked
package dev.tethys.collect.exporter.snmp;

import org.jspecify.annotations.NullMarked;
