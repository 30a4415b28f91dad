/**
 * OTLP's requests as they go over the wire: checked, counted, split, rewritten as JSON and back,
 * and read into and written from the tree of {@code model.telemetry}.
 */
@NullMarked
package dev.tethys.codec.otlp.wire;

import org.jspecify.annotations.NullMarked;
