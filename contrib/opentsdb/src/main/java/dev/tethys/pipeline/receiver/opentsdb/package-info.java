/** Receives OpenTSDB's put requests. */
@NullMarked
package dev.tethys.pipeline.receiver.opentsdb;

import org.jspecify.annotations.NullMarked;
