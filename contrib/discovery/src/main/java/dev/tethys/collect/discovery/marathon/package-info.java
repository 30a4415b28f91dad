/** Targets from the applications of Marathon. */
@NullMarked
package dev.tethys.collect.discovery.marathon;

import org.jspecify.annotations.NullMarked;
