/** The receiver {@code nop}: receives nothing. */
@org.jspecify.annotations.NullMarked
package dev.tethys.pipeline.receiver.nop;
