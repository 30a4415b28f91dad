/**
 * Prometheus's chunk encodings, as used in blocks on disk and streamed remote read: decoders for
 * all, encoders for those that are sent.
 */
@NullMarked
package dev.tethys.codec.chunk;

import org.jspecify.annotations.NullMarked;
