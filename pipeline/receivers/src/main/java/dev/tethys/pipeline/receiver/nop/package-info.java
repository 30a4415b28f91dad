/** A receiver of nothing. */
@org.jspecify.annotations.NullMarked
package dev.tethys.pipeline.receiver.nop;
