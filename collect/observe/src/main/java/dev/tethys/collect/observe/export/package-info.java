/** Observations as messages of OTLP and pprof. */
@NullMarked
package dev.tethys.collect.observe.export;

import org.jspecify.annotations.NullMarked;
