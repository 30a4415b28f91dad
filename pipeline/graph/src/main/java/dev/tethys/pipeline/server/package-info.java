/** The Collector's blocks for servers: gRPC, HTTP, TLS. */
@NullMarked
package dev.tethys.pipeline.server;

import org.jspecify.annotations.NullMarked;
