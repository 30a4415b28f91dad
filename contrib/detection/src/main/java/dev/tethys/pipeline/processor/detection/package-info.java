/**
 * The {@code resourcedetection} processor: attributes of the host and cloud that the process runs
 * on.
 */
@org.jspecify.annotations.NullMarked
package dev.tethys.pipeline.processor.detection;
