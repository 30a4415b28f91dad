/** The receiver {@code k8s_events}: events of a Kubernetes cluster, as logs. */
@NullMarked
package dev.tethys.pipeline.receiver.events;

import org.jspecify.annotations.NullMarked;
