/** Targets from the services of Nomad. */
@NullMarked
package dev.tethys.collect.discovery.nomad;

import org.jspecify.annotations.NullMarked;
