/** State of a cluster's objects as metrics, named as by kube-state-metrics. */
@NullMarked
package dev.tethys.collect.kubernetes.state;

import org.jspecify.annotations.NullMarked;
