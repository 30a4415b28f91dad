/** Syslog messages. Source: RFC 5424, RFC 3164, RFC 6587 (framing over TCP). */
@NullMarked
package dev.tethys.codec.syslog;

import org.jspecify.annotations.NullMarked;
