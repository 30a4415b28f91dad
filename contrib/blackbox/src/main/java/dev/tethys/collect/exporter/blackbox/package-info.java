/**
 * Metrics of blackbox_exporter: probes of targets over HTTP, TCP, DNS, ICMP, gRPC, Unix sockets and
 * WebSocket. Keys, metrics and their meaning are those of its version 0.28 and newer.
 */
@NullMarked
package dev.tethys.collect.exporter.blackbox;

import org.jspecify.annotations.NullMarked;
