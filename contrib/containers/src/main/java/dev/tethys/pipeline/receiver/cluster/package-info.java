/** The {@code k8s_cluster} receiver: metrics about Kubernetes objects. */
@NullMarked
package dev.tethys.pipeline.receiver.cluster;

import org.jspecify.annotations.NullMarked;
