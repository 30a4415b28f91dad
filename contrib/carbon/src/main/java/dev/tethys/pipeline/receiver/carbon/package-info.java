/** Receives Graphite's plaintext and pickle protocols. */
@NullMarked
package dev.tethys.pipeline.receiver.carbon;

import org.jspecify.annotations.NullMarked;
