/** The receiver {@code k8s_cluster}: metrics of the objects of a Kubernetes cluster. */
@NullMarked
package dev.tethys.pipeline.receiver.cluster;

import org.jspecify.annotations.NullMarked;
