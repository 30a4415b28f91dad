/** OpenTSDB as a destination of metrics: by HTTP, and by its telnet protocol. */
@NullMarked
package dev.tethys.pipeline.exporter.opentsdb;

import org.jspecify.annotations.NullMarked;
