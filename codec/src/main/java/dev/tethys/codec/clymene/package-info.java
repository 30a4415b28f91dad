/**
 * What Clymene's agents, gateways and ingesters write to each other beside plain remote write, so
 * that a fleet of them is replaced part by part. Source: its writers at version 2.2.7.
 */
@NullMarked
package dev.tethys.codec.clymene;

import org.jspecify.annotations.NullMarked;
