/** Compression of HTTP and gRPC bodies, on complete buffers and within limits. */
@NullMarked
package dev.tethys.codec.compression;

import org.jspecify.annotations.NullMarked;
