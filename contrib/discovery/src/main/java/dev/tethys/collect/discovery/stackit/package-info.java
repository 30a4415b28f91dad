/** Targets from STACKIT. */
@NullMarked
package dev.tethys.collect.discovery.stackit;

import org.jspecify.annotations.NullMarked;
