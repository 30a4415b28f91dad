/** Graylog's messages over UDP and TCP, as Promtail's {@code gelf}. */
@NullMarked
package dev.tethys.collect.logs.gelf;

import org.jspecify.annotations.NullMarked;
