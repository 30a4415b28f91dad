/**
 * Receives profiles of Pyroscope's agents and SDKs: {@code /ingest}, and pushes over Connect and
 * gRPC.
 */
@NullMarked
package dev.tethys.pipeline.receiver.pyroscope;

import org.jspecify.annotations.NullMarked;
