/** Zipkin's spans: JSON of both versions, protobuf. */
@NullMarked
package dev.tethys.codec.zipkin;

import org.jspecify.annotations.NullMarked;
