/** OpenTSDB as a destination of metrics: by HTTP, and by its telnet protocol. */
@NullMarked
package dev.tethys.pipeline.destination.opentsdb;

import org.jspecify.annotations.NullMarked;
