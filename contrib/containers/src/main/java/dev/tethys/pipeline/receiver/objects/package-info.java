/** The receiver {@code k8sobjects}: objects of a Kubernetes cluster, and their changes, as logs. */
@NullMarked
package dev.tethys.pipeline.receiver.objects;

import org.jspecify.annotations.NullMarked;
