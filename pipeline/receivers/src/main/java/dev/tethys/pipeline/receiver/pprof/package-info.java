/** Takes profiles that programs or scripts post as pprof writes them. */
@NullMarked
package dev.tethys.pipeline.receiver.pprof;

import org.jspecify.annotations.NullMarked;
