/** Takes what Datadog's agent and clients post to its API: metrics and logs. */
@NullMarked
package dev.tethys.pipeline.receiver.datadog;

import org.jspecify.annotations.NullMarked;
