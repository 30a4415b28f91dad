/** Receives profiles in pprof's format over HTTP. */
@NullMarked
package dev.tethys.pipeline.receiver.pprof;

import org.jspecify.annotations.NullMarked;
