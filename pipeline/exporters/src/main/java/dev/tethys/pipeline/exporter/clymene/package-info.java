/** Sends to gateways of Clymene. */
@NullMarked
package dev.tethys.pipeline.exporter.clymene;

import org.jspecify.annotations.NullMarked;
