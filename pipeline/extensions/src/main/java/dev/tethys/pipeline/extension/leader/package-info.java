/** Election of one of several replicas by a Lease of Kubernetes. */
@NullMarked
package dev.tethys.pipeline.extension.leader;

import org.jspecify.annotations.NullMarked;
