/** Compressions of HTTP and gRPC bodies, on whole buffers and within bounds. */
@NullMarked
package dev.tethys.codec.compression;

import org.jspecify.annotations.NullMarked;
