/** The compressions that HTTP and gRPC bodies come in, on whole buffers and within bounds. */
@NullMarked
package dev.tethys.codec.compression;

import org.jspecify.annotations.NullMarked;
