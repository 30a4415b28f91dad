/** Targets from Google Compute Engine. */
@NullMarked
package dev.tethys.collect.discovery.gce;

import org.jspecify.annotations.NullMarked;
