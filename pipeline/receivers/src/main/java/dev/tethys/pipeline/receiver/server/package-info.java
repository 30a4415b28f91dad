/** The Collector's blocks for servers: gRPC, HTTP, TLS. */
@NullMarked
package dev.tethys.pipeline.receiver.server;

import org.jspecify.annotations.NullMarked;
