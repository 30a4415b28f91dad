/** Receives remote write 1.0 and 2.0. */
@NullMarked
package dev.tethys.pipeline.receiver.remotewrite;

import org.jspecify.annotations.NullMarked;
