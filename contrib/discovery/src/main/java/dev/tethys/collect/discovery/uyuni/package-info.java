/** Targets from the monitored systems of Uyuni. */
@NullMarked
package dev.tethys.collect.discovery.uyuni;

import org.jspecify.annotations.NullMarked;
