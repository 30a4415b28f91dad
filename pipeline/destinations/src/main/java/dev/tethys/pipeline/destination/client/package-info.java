/** The Collector's blocks for clients: gRPC, HTTP, TLS, and what destinations of both share. */
@NullMarked
package dev.tethys.pipeline.destination.client;

import org.jspecify.annotations.NullMarked;
