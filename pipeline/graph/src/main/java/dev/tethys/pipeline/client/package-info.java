/** The Collector's blocks for HTTP and gRPC clients, and the HTTP requests of exporters. */
@NullMarked
package dev.tethys.pipeline.client;

import org.jspecify.annotations.NullMarked;
