/**
 * OTLP requests on the wire: validated, counted, split, converted to and from JSON, and read into
 * and written from the tree of {@code model.telemetry}.
 */
@NullMarked
package dev.tethys.codec.otlp.wire;

import org.jspecify.annotations.NullMarked;
