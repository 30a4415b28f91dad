/** The {@code span} processor: names and status of spans. */
@org.jspecify.annotations.NullMarked
package dev.tethys.pipeline.processor.span;
