/**
 * Prometheus's chunk encodings, as blocks on disk and streamed remote read hold them: decoders for
 * all, encoders for those that are sent.
 */
@NullMarked
package dev.tethys.codec.chunk;

import org.jspecify.annotations.NullMarked;
