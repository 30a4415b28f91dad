/** Syslog messages over TCP, TLS and UDP, as Promtail's {@code syslog}. */
@NullMarked
package dev.tethys.collect.logs.syslog;

import org.jspecify.annotations.NullMarked;
