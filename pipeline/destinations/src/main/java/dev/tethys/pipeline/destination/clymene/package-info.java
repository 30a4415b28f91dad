/** Sends to gateways of Clymene. */
@NullMarked
package dev.tethys.pipeline.destination.clymene;

import org.jspecify.annotations.NullMarked;
