/** Receives what Clymene's agents send to a gateway, and everything at once as a gateway does. */
@NullMarked
package dev.tethys.pipeline.receiver.clymene;

import org.jspecify.annotations.NullMarked;
