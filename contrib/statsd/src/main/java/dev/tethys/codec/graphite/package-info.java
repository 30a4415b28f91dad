/** Graphite's plaintext and pickle protocols, with tags. */
@NullMarked
package dev.tethys.codec.graphite;

import org.jspecify.annotations.NullMarked;
