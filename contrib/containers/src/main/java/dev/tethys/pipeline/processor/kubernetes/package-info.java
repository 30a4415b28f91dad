/** The {@code k8sattributes} processor: attributes of the pod that sent telemetry. */
@NullMarked
package dev.tethys.pipeline.processor.kubernetes;

import org.jspecify.annotations.NullMarked;
