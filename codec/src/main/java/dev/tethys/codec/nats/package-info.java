/** What NATS makes keys and signatures of. */
@NullMarked
package dev.tethys.codec.nats;

import org.jspecify.annotations.NullMarked;
