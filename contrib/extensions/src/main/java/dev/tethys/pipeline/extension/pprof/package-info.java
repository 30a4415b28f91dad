/** Profiles of the process over HTTP, as Go's net/http/pprof serves them. */
@NullMarked
package dev.tethys.pipeline.extension.pprof;

import org.jspecify.annotations.NullMarked;
