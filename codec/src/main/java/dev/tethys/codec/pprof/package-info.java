/** Profiles in the formats of pprof and of Pyroscope's agents, as profiles of OTLP. */
@NullMarked
package dev.tethys.codec.pprof;

import org.jspecify.annotations.NullMarked;
