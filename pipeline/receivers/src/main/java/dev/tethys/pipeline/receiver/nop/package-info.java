/** The {@code nop} receiver: receives nothing. */
@org.jspecify.annotations.NullMarked
package dev.tethys.pipeline.receiver.nop;
