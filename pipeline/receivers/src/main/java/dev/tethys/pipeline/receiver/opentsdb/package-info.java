/** Receives what is put into OpenTSDB. */
@NullMarked
package dev.tethys.pipeline.receiver.opentsdb;

import org.jspecify.annotations.NullMarked;
