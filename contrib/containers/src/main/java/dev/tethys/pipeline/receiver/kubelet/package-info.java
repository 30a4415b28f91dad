/** The receiver {@code kubelet_stats}: metrics of a node, its pods and volumes from the kubelet. */
@NullMarked
package dev.tethys.pipeline.receiver.kubelet;

import org.jspecify.annotations.NullMarked;
