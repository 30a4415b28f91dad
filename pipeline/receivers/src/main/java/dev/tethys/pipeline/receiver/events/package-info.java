/** The receiver {@code k8s_events}: what happens in a Kubernetes cluster, as logs. */
@NullMarked
package dev.tethys.pipeline.receiver.events;

import org.jspecify.annotations.NullMarked;
