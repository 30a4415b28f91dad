/** Targets from the applications of Eureka. */
@NullMarked
package dev.tethys.collect.discovery.eureka;

import org.jspecify.annotations.NullMarked;
