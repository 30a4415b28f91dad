/** The receiver {@code kubelet_stats}: what a kubelet measures of its node, pods and volumes. */
@NullMarked
package dev.tethys.pipeline.receiver.kubelet;

import org.jspecify.annotations.NullMarked;
