/** Targets from Outscale. */
@NullMarked
package dev.tethys.collect.discovery.outscale;

import org.jspecify.annotations.NullMarked;
