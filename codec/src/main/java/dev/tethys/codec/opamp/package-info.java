/** Messages of OpAMP (opamp.proto.v1): what an agent tells a server, and what it is told. */
@NullMarked
package dev.tethys.codec.opamp;

import org.jspecify.annotations.NullMarked;
