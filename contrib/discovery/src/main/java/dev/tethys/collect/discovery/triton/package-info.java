/** Targets from the monitoring of Triton. */
@NullMarked
package dev.tethys.collect.discovery.triton;

import org.jspecify.annotations.NullMarked;
