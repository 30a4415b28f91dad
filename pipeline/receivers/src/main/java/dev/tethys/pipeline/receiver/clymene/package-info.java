/** Receives requests of Clymene's agents: a gateway's endpoints, separately and together. */
@NullMarked
package dev.tethys.pipeline.receiver.clymene;

import org.jspecify.annotations.NullMarked;
