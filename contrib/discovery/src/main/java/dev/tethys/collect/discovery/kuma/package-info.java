/** Targets from the control plane of Kuma. */
@NullMarked
package dev.tethys.collect.discovery.kuma;

import org.jspecify.annotations.NullMarked;
