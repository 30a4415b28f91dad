/** What is known of where the process runs, as attributes of resources. */
@org.jspecify.annotations.NullMarked
package dev.tethys.pipeline.processor.detection;
