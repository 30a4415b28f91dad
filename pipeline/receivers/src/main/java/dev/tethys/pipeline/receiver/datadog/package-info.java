/** Takes what Datadog's agent and clients post to its API: metrics, logs and traces. */
@NullMarked
package dev.tethys.pipeline.receiver.datadog;

import org.jspecify.annotations.NullMarked;
