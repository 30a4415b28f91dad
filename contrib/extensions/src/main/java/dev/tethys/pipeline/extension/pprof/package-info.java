/** Serves profiles of the process over HTTP, like Go's net/http/pprof. */
@NullMarked
package dev.tethys.pipeline.extension.pprof;

import org.jspecify.annotations.NullMarked;
