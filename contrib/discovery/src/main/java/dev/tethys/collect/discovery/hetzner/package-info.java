/** Targets from Hetzner: cloud servers and dedicated ones. */
@NullMarked
package dev.tethys.collect.discovery.hetzner;

import org.jspecify.annotations.NullMarked;
