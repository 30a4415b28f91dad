/** Targets from DigitalOcean. */
@NullMarked
package dev.tethys.collect.discovery.digitalocean;

import org.jspecify.annotations.NullMarked;
