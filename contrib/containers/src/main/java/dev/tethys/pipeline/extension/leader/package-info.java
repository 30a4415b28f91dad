/** Election of one of several replicas with a Kubernetes Lease. */
@NullMarked
package dev.tethys.pipeline.extension.leader;

import org.jspecify.annotations.NullMarked;
