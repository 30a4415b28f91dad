/**
 * The Collector's blocks for clients of HTTP and gRPC, and how a destination over HTTP is asked.
 */
@NullMarked
package dev.tethys.pipeline.client;

import org.jspecify.annotations.NullMarked;
