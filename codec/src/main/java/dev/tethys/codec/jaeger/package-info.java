/** Jaeger's spans: Thrift and protobuf. */
@NullMarked
package dev.tethys.codec.jaeger;

import org.jspecify.annotations.NullMarked;
