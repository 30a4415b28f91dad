/** The receiver {@code k8s_cluster}: what the API of a Kubernetes cluster says of its objects. */
@NullMarked
package dev.tethys.pipeline.receiver.cluster;

import org.jspecify.annotations.NullMarked;
