/** Targets from Scaleway: instances and bare metal. */
@NullMarked
package dev.tethys.collect.discovery.scaleway;

import org.jspecify.annotations.NullMarked;
