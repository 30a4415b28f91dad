/**
 * Takes what Pyroscope's agents and SDKs send: {@code /ingest}, and pushes over Connect and gRPC.
 */
@NullMarked
package dev.tethys.pipeline.receiver.pyroscope;

import org.jspecify.annotations.NullMarked;
