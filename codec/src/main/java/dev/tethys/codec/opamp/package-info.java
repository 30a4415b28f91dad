/** Messages of OpAMP (opamp.proto.v1) in both directions. */
@NullMarked
package dev.tethys.codec.opamp;

import org.jspecify.annotations.NullMarked;
