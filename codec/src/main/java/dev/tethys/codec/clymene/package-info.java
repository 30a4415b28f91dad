/**
 * Formats of Clymene's agents, gateways and ingesters in addition to remote write, so that a fleet
 * of them can be replaced one by one. Source: its writers at version 2.2.7.
 */
@NullMarked
package dev.tethys.codec.clymene;

import org.jspecify.annotations.NullMarked;
