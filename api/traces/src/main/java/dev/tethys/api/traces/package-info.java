/** HTTP and gRPC APIs of Tempo, Jaeger and Zipkin over a trace store. */
@NullMarked
package dev.tethys.api.traces;

import org.jspecify.annotations.NullMarked;
