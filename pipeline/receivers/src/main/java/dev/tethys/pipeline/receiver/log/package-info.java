/**
 * Receivers of logs with operators: files, the journal, syslog, lines over TCP and UDP. Source: the
 * Collector's documentation of filelog, journald, syslog, tcplog and udplog.
 */
@NullMarked
package dev.tethys.pipeline.receiver.log;

import org.jspecify.annotations.NullMarked;
