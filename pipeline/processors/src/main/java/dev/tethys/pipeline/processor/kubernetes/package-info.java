/** What Kubernetes knows of the pod that telemetry comes from, as attributes of its resource. */
@NullMarked
package dev.tethys.pipeline.processor.kubernetes;

import org.jspecify.annotations.NullMarked;
