/** Keys and signatures of NATS. */
@NullMarked
package dev.tethys.codec.nats;

import org.jspecify.annotations.NullMarked;
